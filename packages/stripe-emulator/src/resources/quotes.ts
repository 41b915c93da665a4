import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  clearable,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { draftInvoice } from "../billing/invoice-draft.ts";
import { purchaseLines } from "../billing/invoice-item.ts";
import { cancelQuote, pricedLineItems, priceQuote, type Quote } from "../billing/quoting.ts";
import { isMetered } from "../billing/subscription.ts";
import { newId } from "../state/ids.ts";
import type { QuoteDetails } from "../state/rows.ts";
import type { World } from "../world.ts";
import { newLineItems } from "./checkout-line-items.ts";
import { customerFromParam } from "./customers.ts";
import { daysUntilDueOf } from "./due-dates.ts";
import { refuseTwice } from "./item-changes.ts";
import { count, quotedPriceData, trialDays } from "./price-params.ts";
import { createChargeable } from "./subscription-creation.ts";
import { daysUntilDue } from "./subscription-params.ts";
import { taxRates, taxRatesFromParam } from "./tax-rates.ts";

const attributes = {
  collection_method: oneOf("charge_automatically", "send_invoice"),
  customer: text,
  default_tax_rates: taxRates,
  description: clearable(atMost(500)),
  expires_at: integer,
  footer: clearable(atMost(500)),
  header: clearable(atMost(50)),
  invoice_settings: hashOf(schema({ days_until_due: daysUntilDue })),
  line_items: arrayOf(
    hashOf(
      schema({ price: text, price_data: quotedPriceData, quantity: count, tax_rates: taxRates } satisfies Fields<
        keyof Stripe.QuoteCreateParams.LineItem
      >),
    ),
  ),
  metadata,
  subscription_data: hashOf(
    schema({ description: clearable(atMost(500)), metadata, trial_period_days: clearable(trialDays) }),
  ),
} satisfies Fields<keyof Stripe.QuoteUpdateParams>;
const params = schema(attributes satisfies Fields<keyof Stripe.QuoteCreateParams>);
type Asked = ParamsOf<typeof params>;

const DAY = 86_400;
/** https://docs.stripe.com/quotes/overview: the template's expiry, which nobody changed. */
const EXPIRES_DAYS = 30;

function createQuote(world: World, asked: Asked): Quote {
  const id = newId("qt");
  const customer = asked.customer === undefined ? null : customerFromParam(world, asked.customer);
  const details = detailsAsked(world, { id, lineItems: [], taxRates: {}, defaultRates: [] }, asked);
  const blank: Quote = {
    id,
    object: "quote",
    amount_subtotal: 0,
    amount_total: 0,
    application: null,
    application_fee_amount: null,
    application_fee_percent: null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    collection_method: "charge_automatically",
    computed: {
      recurring: null,
      upfront: { amount_subtotal: 0, amount_total: 0, total_details: NOTHING },
    },
    created: world.now(),
    currency: null,
    customer: null,
    customer_account: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    expires_at: world.now() + EXPIRES_DAYS * DAY,
    footer: null,
    from_quote: null,
    header: null,
    invoice: null,
    invoice_settings: {
      custom_fields: null,
      days_until_due: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    livemode: false,
    metadata: {},
    number: null,
    on_behalf_of: null,
    status: "draft",
    status_transitions: { accepted_at: null, canceled_at: null, finalized_at: null },
    subscription: null,
    subscription_data: {
      billing_mode: { type: "flexible", flexible: { proration_discounts: "included" } },
      description: null,
      effective_date: null,
      metadata: {},
      trial_period_days: null,
    },
    subscription_schedule: null,
    test_clock: customer?.test_clock ?? null,
    total_details: NOTHING,
    transfer_data: null,
  };
  const changed = { ...blank, ...patchOf(world, blank, asked), ...shownOf(details) };
  world.store.quoteDetails.put(details);
  const quote = world.store.quotes.put(priceQuote(world, changed));
  world.emit("quote.created", quote);
  world.schedule("expire_quote", id, quote.expires_at * 1000);
  return quote;
}

const NOTHING = { amount_discount: 0, amount_shipping: 0, amount_tax: 0 };

function patchOf(world: World, before: Quote, asked: Asked): Partial<Quote> {
  const { customer, expires_at: expires, invoice_settings: settings, subscription_data: data } = asked;
  const { default_tax_rates: _rates, line_items: _items, metadata: change, ...plain } = asked;
  if (expires !== undefined && expires <= world.now())
    throw invalid("Invalid timestamp: must be in the future.", undefined, "expires_at");
  if (customer !== undefined && before.customer !== null && customer !== before.customer)
    throw invalid("The customer of a quote cannot be changed once it is set.", undefined, "customer");
  const method = asked.collection_method ?? before.collection_method;
  const days = daysUntilDueOf(method, settings?.days_until_due, before.invoice_settings.days_until_due);
  return {
    ...plain,
    customer: customer === undefined ? before.customer : customerFromParam(world, customer).id,
    collection_method: method,
    invoice_settings: { ...before.invoice_settings, days_until_due: days },
    metadata: mergeMetadata(before.metadata, change),
    // Its metadata is declarative: an update clears what was there.
    subscription_data: data
      ? { ...before.subscription_data, ...data, metadata: data.metadata ?? {} }
      : before.subscription_data,
  };
}

/** What is quoted, where that is asked for; 400 for what cannot be sold so. */
function detailsAsked(world: World, before: QuoteDetails, asked: Asked): QuoteDetails {
  const rates = taxRatesFromParam(world, asked.default_tax_rates, "default_tax_rates", before.defaultRates);
  const defaultRates = rates ?? before.defaultRates;
  if (!asked.line_items) return { ...before, defaultRates };
  const lineItems = newLineItems(
    world,
    asked.line_items.map(({ tax_rates: _rates, quantity = 1, ...item }) => {
      const price = world.store.prices.find(item.price);
      return price && isMetered(price) ? item : { ...item, quantity };
    }),
  );
  const [first] = lineItems;
  refuseTwice(
    lineItems.flatMap(({ price }) => (price?.recurring ? price : [])),
    "line_items",
  );
  const periods = lineItems.flatMap(({ price }) => price?.recurring ?? []);
  if (lineItems.some((item) => item.currency !== first?.currency))
    throw invalid("All line items of a quote must have the same currency.", undefined, "line_items");
  if (
    periods.some((each) => each.interval !== periods[0]?.interval || each.interval_count !== periods[0].interval_count)
  )
    throw invalid("All recurring prices of a quote must have the same interval.", undefined, "line_items");
  const own = lineItems.map(({ id }, index) => {
    const param = `line_items[${index}][tax_rates]`;
    return [id, taxRatesFromParam(world, asked.line_items?.[index]?.tax_rates ?? [], param)];
  });
  return { id: before.id, lineItems, taxRates: Object.fromEntries(own), defaultRates };
}

const shownOf = ({ lineItems, defaultRates }: QuoteDetails): Partial<Quote> => ({
  currency: lineItems[0]?.currency ?? null,
  default_tax_rates: defaultRates.map(({ id }) => id),
});

const getQuote = (world: World, id: string): Quote => found(world.store.quotes.find(id), "quote", id);

function expectStatus({ status }: Quote, statuses: readonly string[], verb: string): void {
  if (statuses.includes(status)) return;
  throw invalid(`You can only ${verb} a quote that is ${statuses.join(" or ")}. This quote is ${status}.`);
}

/** An open quote's expiry can still be changed, nothing else (https://docs.stripe.com/quotes/overview). */
function updateQuote(world: World, id: string, asked: Asked): Quote {
  const before = getQuote(world, id);
  const onlyExpiry = Object.keys(asked).every((name) => name === "expires_at" || name === "metadata");
  expectStatus(before, onlyExpiry ? ["draft", "open"] : ["draft"], "update");
  const details = detailsAsked(world, world.store.quoteDetails.get(id), asked);
  const changed = { ...before, ...patchOf(world, before, asked), ...shownOf(details) };
  world.store.quoteDetails.put(details);
  const quote = world.update("quotes", id, priceQuote(world, changed));
  world.schedule("expire_quote", id, quote.expires_at * 1000);
  return quote;
}

function finalizeQuote(world: World, id: string, expiresAt: number | undefined): Quote {
  const before = getQuote(world, id);
  expectStatus(before, ["draft"], "finalize");
  if (before.customer === null) throw invalid("A customer is required to finalize a quote.", undefined, "customer");
  if (world.store.quoteDetails.get(id).lineItems.length === 0)
    throw invalid("A quote needs at least one line item to be finalized.", undefined, "line_items");
  const { invoice_prefix: prefix } = world.store.customers.get(before.customer);
  const earlier = world.store.quotes.where("customer", before.customer).filter(({ number }) => number !== null).length;
  const patch = patchOf(world, before, expiresAt === undefined ? {} : { expires_at: expiresAt });
  const quote = world.update(
    "quotes",
    id,
    {
      ...priceQuote(world, { ...before, ...patch }),
      number: `QT-${prefix}-${String(earlier + 1).padStart(4, "0")}-1`,
      status: "open",
      status_transitions: { ...before.status_transitions, finalized_at: world.now() },
    },
    "quote.finalized",
  );
  world.schedule("expire_quote", id, quote.expires_at * 1000);
  return quote;
}

/** What recurs becomes a subscription, with what is bought once on its first invoice; else there is a draft of an invoice (https://docs.stripe.com/api/quotes/accept). */
function acceptQuote(world: World, id: string): Quote {
  const before = getQuote(world, id);
  expectStatus(before, ["open"], "accept");
  const details = world.store.quoteDetails.get(id);
  const bought = details.lineItems.flatMap((item) =>
    item.price ? [{ price: item.price, quantity: item.quantity, taxRates: details.taxRates[item.id] ?? [] }] : [],
  );
  const recurring = bought.filter(({ price }) => price.recurring);
  const once = bought
    .filter(({ price }) => !price.recurring)
    .map((each) => ({ ...each, quantity: each.quantity ?? 1 }));
  const made = recurring.length > 0 ? subscribe(world, before, recurring, once) : invoice(world, before, once);
  world.unschedule("expire_quote", id);
  const transitions = { ...before.status_transitions, accepted_at: world.now() };
  return world.update("quotes", id, { ...made, status: "accepted", status_transitions: transitions }, "quote.accepted");
}

type Bought = Parameters<typeof purchaseLines>[1];

function subscribe(
  world: World,
  quote: Quote,
  recurring: readonly { price: { id: string }; quantity: number | null; taxRates: { id: string }[] }[],
  once: Bought,
): Partial<Quote> {
  const { collection_method: method, invoice_settings: settings, subscription_data: data } = quote;
  const sent = method === "send_invoice";
  const subscription = createChargeable(
    world,
    {
      customer: quote.customer ?? "",
      items: recurring.map(({ price, quantity, taxRates: rates }) => ({
        price: price.id,
        ...(quantity === null ? {} : { quantity }),
        tax_rates: rates.map((rate) => rate.id),
      })),
      default_tax_rates: (quote.default_tax_rates ?? []).map(String),
      metadata: data.metadata ?? {},
      ...(quote.currency === null ? {} : { currency: quote.currency }),
      ...(data.description === null ? {} : { description: data.description }),
      ...(data.trial_period_days === null ? {} : { trial_period_days: data.trial_period_days }),
      ...(sent ? { collection_method: "send_invoice", days_until_due: settings.days_until_due ?? 0 } : {}),
    },
    once,
  );
  return { subscription: subscription.id, invoice: subscription.latest_invoice };
}

function invoice(world: World, quote: Quote, once: Bought): Partial<Quote> {
  const id = newId("in");
  const on = { customer: quote.customer ?? "", currency: quote.currency ?? "usd" };
  draftInvoice(world, {
    ...on,
    id,
    subscription: null,
    reason: "manual",
    lines: purchaseLines(world, once, { ...on, invoice: id, subscription: null, items: [] }),
    attributes: {
      auto_advance: false,
      collection_method: quote.collection_method,
      default_tax_rates: world.store.quoteDetails.get(quote.id).defaultRates,
      due_date:
        quote.invoice_settings.days_until_due === null
          ? null
          : world.now() + quote.invoice_settings.days_until_due * DAY,
      parent: { type: "quote_details", quote_details: { quote: quote.id }, subscription_details: null },
    },
  });
  return { invoice: id };
}

const listFilters = { customer: text, status: oneOf("accepted", "canceled", "draft", "open"), test_clock: text };

export const quoteRoutes: Route[] = [
  route("POST", "/v1/quotes", params, createQuote),
  listRoute("/v1/quotes", "quote", listFilters, (world, { customer, status, test_clock: clock }) =>
    choose(world.store.quotes, { customer, status, test_clock: clock }),
  ),
  route("GET", "/v1/quotes/:id", schema({}), (world, _, { id }) => getQuote(world, id)),
  route("POST", "/v1/quotes/:id", params, (world, asked, { id }) => updateQuote(world, id, asked)),
  listRoute("/v1/quotes/:id/line_items", "line item", {}, (world, _, { id }) =>
    pricedLineItems(world, getQuote(world, id)).reverse(),
  ),
  route("POST", "/v1/quotes/:id/finalize", schema({ expires_at: integer }), (world, { expires_at: at }, { id }) =>
    finalizeQuote(world, id, at),
  ),
  route("POST", "/v1/quotes/:id/accept", schema({}), (world, _, { id }) => acceptQuote(world, id)),
  route("POST", "/v1/quotes/:id/cancel", schema({}), (world, _, { id }) => {
    expectStatus(getQuote(world, id), ["draft", "open"], "cancel");
    return cancelQuote(world, id);
  }),
];
