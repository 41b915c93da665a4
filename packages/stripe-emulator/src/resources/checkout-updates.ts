import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import {
  arrayOf,
  clearable,
  type Fields,
  hashOf,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { priceSession, ratesOf } from "../billing/session-pricing.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type AskedItem, newLineItem } from "./checkout-line-items.ts";
import { lineItemFields } from "./checkout-session-params.ts";
import { refuseForMode, refuseMixedPrices, sessionRefusal } from "./checkout-session-rules.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

type CheckoutSession = Stored<Stripe.Checkout.Session>;
type LineItem = Stored<Stripe.LineItem>;

const paymentIntentData = hashOf(
  schema({
    description: clearable(text),
    metadata,
    setup_future_usage: clearable(oneOf("off_session", "on_session")),
  } satisfies Fields<keyof Stripe.Checkout.SessionUpdateParams.PaymentIntentData>),
);

export const updateSessionParams = schema({
  line_items: arrayOf(
    hashOf(
      schema({ ...lineItemFields, id: text } satisfies Fields<keyof Stripe.Checkout.SessionUpdateParams.LineItem>),
    ),
  ),
  metadata,
  payment_intent_data: paymentIntentData,
} satisfies Fields<keyof Stripe.Checkout.SessionUpdateParams>);
type UpdateParams = ParamsOf<typeof updateSessionParams>;
type Asked = NonNullable<UpdateParams["line_items"]>[number];

/** Changes a page that a buyer may have open (https://docs.stripe.com/payments/advanced/dynamic-updates). */
export function updateSession(
  world: World,
  session: CheckoutSession,
  { line_items: items, metadata: change, payment_intent_data: payment }: UpdateParams,
): CheckoutSession {
  if (payment) refusePayment(session, payment);
  if (items) replaceItems(world, session, items);
  if (payment) changePayment(world, session, payment);
  return world.update("checkoutSessions", session.id, { metadata: mergeMetadata(session.metadata, change) });
}

type AskedPayment = NonNullable<UpdateParams["payment_intent_data"]>;

/** Only what is shown by Elements, as long as it is open: the SDK's comment on `payment_intent_data`. */
function refusePayment({ mode, status, ui_mode: ui }: CheckoutSession, asked: AskedPayment): void {
  refuseForMode(mode as "payment", { payment_intent_data: asked });
  if (ui === "elements" && status === "open") return;
  const message = `You cannot update \`payment_intent_data\` of a Checkout Session with \`ui_mode: ${ui}\` and a status of \`${status}\`.`;
  throw invalid(message, undefined, "payment_intent_data");
}

/** What the payment will be, or is already that was attempted: an attempt that waits for its bank is given up. */
function changePayment(world: World, { id, payment_intent: intent }: CheckoutSession, asked: AskedPayment): void {
  const { description, setup_future_usage: usage } = asked;
  const details = world.store.sessionDetails.get(id);
  const { paymentIntentData: before } = details;
  const after = {
    ...before,
    metadata: mergeMetadata(before.metadata, asked.metadata),
    ...(description === undefined ? {} : { description }),
    ...(usage === undefined ? {} : { futureUsage: usage }),
  };
  world.store.sessionDetails.put({ ...details, paymentIntentData: after });
  if (intent === null) return;
  const { metadata: given, description: said } = after;
  const abandoned = { status: "requires_payment_method", payment_method: null, next_action: null };
  world.update("paymentIntents", intent, {
    metadata: given,
    description: said,
    ...(usage === undefined ? {} : { setup_future_usage: usage }),
    ...abandoned,
  });
}

/** What is sold from now on: what is named by its id stays, what is not named goes. */
function replaceItems(world: World, session: CheckoutSession, asked: readonly Asked[]): void {
  const { id, currency, mode, status } = session;
  if (status !== "open")
    throw invalid(`You cannot update the line items of a Checkout Session with a status of \`${status}\`.`);
  refuseForMode(mode as "payment", { line_items: asked });
  if (asked.length === 0) throw missingParameter("line_items");
  const before = world.store.sessionDetails.get(id);
  const items = asked.map((each, index) => {
    const param = `line_items[${index}]`;
    const kept = each.id === undefined ? undefined : before.lineItems.find((item) => item.id === each.id);
    if (each.id !== undefined) found(kept, "line item", each.id, `${param}[id]`);
    const item = newLineItem(world, kept ? { ...askedOf(kept, each), ...each } : each, param, currency ?? undefined);
    const rates =
      each.tax_rates || !kept
        ? taxRatesFromParam(world, each.tax_rates ?? [], `${param}[tax_rates]`)
        : ratesOf(before, kept);
    refuseRatesBesideAutomaticTax(session.automatic_tax.enabled, rates, `${param}[tax_rates]`);
    return { item: kept ? { ...item, id: kept.id } : item, rates };
  });
  const lineItems = items.map(({ item }) => item);
  refuseMixedPrices(
    world,
    { mode: mode as "payment", currency: currency ?? undefined, customer: session.customer ?? undefined },
    lineItems,
  );
  const taxRates = Object.fromEntries(items.flatMap(({ item, rates }) => (rates.length > 0 ? [[item.id, rates]] : [])));
  world.store.sessionDetails.put({ ...before, lineItems, taxRates });
  const refusal = sessionRefusal(world, priceSession(world, id, {}));
  if (refusal) throw refusal;
}

/** What a line item is, as it would be asked for: a price that is described anew takes its price's place. */
const askedOf = (
  { adjustable_quantity: adjustable, metadata: given, price, quantity }: LineItem,
  asked: Asked,
): AskedItem => ({
  ...(asked.price_data ? {} : { price: price?.id }),
  ...(quantity === null ? {} : { quantity }),
  ...(adjustable
    ? { adjustable_quantity: { enabled: true, minimum: adjustable.minimum ?? 0, maximum: adjustable.maximum ?? 99 } }
    : {}),
  metadata: given ?? {},
});
