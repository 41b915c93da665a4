import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { arrayOf, type Fields, hashOf, mergeMetadata, metadata, type ParamsOf, schema, text } from "../api/params.ts";
import { priceSession, ratesOf } from "../billing/session-pricing.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type AskedItem, newLineItem } from "./checkout-line-items.ts";
import { lineItemFields } from "./checkout-session-params.ts";
import { refuseForMode, refuseMixedPrices, totalRefusal } from "./checkout-session-rules.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

type CheckoutSession = Stored<Stripe.Checkout.Session>;
type LineItem = Stored<Stripe.LineItem>;

export const updateSessionParams = schema({
  line_items: arrayOf(
    hashOf(
      schema({ ...lineItemFields, id: text } satisfies Fields<keyof Stripe.Checkout.SessionUpdateParams.LineItem>),
    ),
  ),
  metadata,
} satisfies Fields<keyof Stripe.Checkout.SessionUpdateParams>);
type Asked = NonNullable<ParamsOf<typeof updateSessionParams>["line_items"]>[number];

/** Changes a page that a buyer may have open (https://docs.stripe.com/payments/advanced/dynamic-updates). */
export function updateSession(
  world: World,
  session: CheckoutSession,
  { line_items: items, metadata: change }: ParamsOf<typeof updateSessionParams>,
): CheckoutSession {
  if (items) replaceItems(world, session, items);
  return world.update("checkoutSessions", session.id, { metadata: mergeMetadata(session.metadata, change) });
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
  const refusal = totalRefusal(priceSession(world, id, {}));
  if (!refusal) return;
  world.store.sessionDetails.put(before);
  world.store.checkoutSessions.put(session);
  throw refusal;
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
