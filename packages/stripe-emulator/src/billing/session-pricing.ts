import type Stripe from "stripe";
import { clockOf } from "../state/clock-of.ts";
import type { SessionDetails } from "../state/selling.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { balanceIn } from "./balance.ts";
import { periodAround, periodEnd } from "./calendar.ts";
import { priceIn } from "./currencies.ts";
import { couponOf, reductionBy } from "./discounting.ts";
import { dueOf } from "./invoice-pricing.ts";
import { discountOn, type PricedLine, type Pricing, priceItems, proportion, type TaxTerms } from "./pricing.ts";
import type { Basket } from "./redeeming.ts";
import { trialEndAfter } from "./subscribing.ts";
import { chargesFor, type SubscriptionDraft } from "./subscription.ts";
import { taxIdsOf } from "./tax-ids.ts";
import { exemptionOf, type TaxRule, taxAt, taxBehaviorOf, taxesBy } from "./tax-table.ts";

type CheckoutSession = Stored<Stripe.Checkout.Session>;
type LineItem = Stored<Stripe.LineItem>;

/** What a discount on a session is used on. */
export const basketOf = ({ customer, currency }: CheckoutSession, items: readonly LineItem[]): Basket => ({
  customer,
  currency: currency ?? "usd",
  subtotal: items.reduce((sum, item) => sum + item.amount_subtotal, 0),
  products: items.flatMap(({ price }) => price?.product ?? []),
});

/** Where the sale is taxed: where the buyer says, or, if that may not be written to the customer, where they are known to be. */
function addressOf(world: World, session: CheckoutSession, details: SessionDetails): Stripe.Address | null {
  const known = world.store.customers.find(session.customer)?.address ?? null;
  return asksForAddress(session, details) ? (details.address ?? known) : known;
}

/** Whether the page asks for an address that decides about the tax. */
export const asksForAddress = (
  { customer, automatic_tax: tax, billing_address_collection: asked }: CheckoutSession,
  details: SessionDetails,
): boolean => asked === "required" || (tax.enabled && (customer === null || details.updatesCustomerAddress));

/** Changes an open session and computes its amounts anew, and those of its line items. */
export const priceSession = (world: World, id: string, patch: Partial<CheckoutSession>): CheckoutSession =>
  world.onClock(clockOf(world.store, id), () => priceNow(world, id, patch));

function priceNow(world: World, id: string, patch: Partial<CheckoutSession>): CheckoutSession {
  const session = { ...world.store.checkoutSessions.get(id), ...patch };
  const details = world.store.sessionDetails.get(id);
  const { automatic_tax: automaticTax } = session;
  const rule = taxRuleOf(world, session, details);
  const today = details.lineItems.filter((item) => isToday(item, details));
  const later = details.lineItems.filter((item) => !today.includes(item));
  // An amount off is shared out over what is on one invoice.
  const invoices = [today, later].map((items) => asLines(items, (item) => dueToday(world, details, item)));
  const lines = invoices.flatMap((items) => priceLines(world, session, items, rule).lines);
  const due = invoices.flat();
  const lineItems = details.lineItems.map((item) =>
    pricedItem(
      item,
      lines.filter((_, index) => due[index]?.id === item.id),
    ),
  );
  world.store.sessionDetails.put({ ...details, lineItems });
  const status = !automaticTax.enabled ? null : rule ? "complete" : "requires_location_inputs";
  const priced = { ...patch, ...totals(lineItems, details), automatic_tax: { ...automaticTax, status } };
  const isFree = dueOn(world, { ...session, ...priced }) === 0;
  return world.update("checkoutSessions", id, { ...priced, payment_status: isFree ? "no_payment_required" : "unpaid" });
}

function taxRuleOf(world: World, session: CheckoutSession, details: SessionDetails): TaxRule | undefined {
  if (!session.automatic_tax.enabled) return undefined;
  const address = addressOf(world, session, details);
  const taxIds = details.taxId ? [details.taxId] : taxIdsOf(world, session.customer);
  return taxAt(address, exemptionOf(world.store.customers.find(session.customer)?.tax_exempt, address, taxIds));
}

function priceLines(
  world: World,
  session: Pick<CheckoutSession, "id" | "customer" | "discounts" | "automatic_tax">,
  lineItems: readonly LineItem[],
  rule: TaxRule | undefined,
): Pricing {
  const { discounts } = session;
  const items = lineItems.map((item) => ({
    amount: item.amount_subtotal,
    product: item.price?.product ?? null,
    discountable: true,
    taxes: session.automatic_tax.enabled ? automaticTaxes(world, item, rule) : taxesByRates(world, session, item),
  }));
  const offers = (discounts ?? []).flatMap(({ coupon, promotion_code: code }) =>
    coupon === null ? [] : reductionBy(world, coupon, code ?? coupon),
  );
  return priceItems(items, offers);
}

function automaticTaxes(world: World, { currency, price }: LineItem, rule: TaxRule | undefined): TaxTerms[] {
  const behavior = taxBehaviorOf(price && priceIn(world, price, currency).tax_behavior, currency);
  return rule ? [{ ...rule, behavior }] : [];
}

function taxesByRates(
  world: World,
  { id, customer }: Pick<CheckoutSession, "id" | "customer">,
  item: LineItem,
): TaxTerms[] {
  const details = world.store.sessionDetails.get(id);
  const own = ratesOf(details, item);
  const rates = own.length > 0 || !item.price?.recurring ? own : (details.subscriptionData.taxRates ?? []);
  return taxesBy(rates, world.store.customers.find(customer)?.tax_exempt ?? "none");
}

/** A line item's own tax rates. */
export const ratesOf = ({ taxRates }: SessionDetails, { id }: LineItem): Stored<Stripe.TaxRate>[] =>
  taxRates?.[id] ?? [];

/** What the buyer of a subscription pays for its periods, with tax. What is paid once comes beside. */
export interface Renewals {
  /** The first payment for a period: today, or at the trial's end. */
  first: number;
  /** Each payment once the discount has ended; the same where it lasts, or is over before the first. */
  following: number;
  /** For so many months it is the first amount; null: for one payment. */
  months: number | null;
}

/** What a session in subscription mode leads to, if nothing changes. */
export function renewalsOf(world: World, session: CheckoutSession): Renewals {
  const details = world.store.sessionDetails.get(session.id);
  const renewing = details.lineItems.filter(({ price }) => price?.recurring);
  const items = asLines(renewing, (item) => wholeOf(world, item));
  const rule = taxRuleOf(world, session, details);
  const whole = priceLines(world, { ...session, discounts: [] }, items, rule).total;
  const discounted = priceLines(world, session, items, rule).total;
  const coupon = session.discounts?.[0]?.coupon;
  const recurring = items[0]?.price?.recurring;
  const terms = coupon && recurring ? couponOf(world, { source: { coupon, type: "coupon" } }) : undefined;
  if (!terms || !recurring) return { first: whole, following: whole, months: null };
  if (terms.duration === "forever") return { first: discounted, following: discounted, months: null };
  const { anchor, prorates } = details.subscriptionData;
  if (terms.duration === "once")
    return { first: anchor !== undefined && prorates ? whole : discounted, following: whole, months: null };
  // Its months are counted from now, in a trial too.
  const end = periodEnd(world.now(), { interval: "month", interval_count: terms.duration_in_months ?? 0 });
  const begin = trialEndOf(world, details) ?? world.now();
  const months = periodEnd(begin, recurring) < end ? terms.duration_in_months : null;
  return { first: begin < end ? discounted : whole, following: whole, months };
}

/** The line items as the lines of an invoice: discounts, tax and parts of periods are rounded on each of those. */
const asLines = (items: readonly LineItem[], amountsOf: (item: LineItem) => number[]): LineItem[] =>
  items.flatMap((item) => amountsOf(item).map((amount) => ({ ...item, amount_subtotal: amount })));

const wholeOf = (world: World, { currency, price, quantity }: LineItem): number[] =>
  price ? chargesFor(world, priceIn(world, price, currency), quantity) : [0];

/** What an item costs today: up to an anchor that is to come its part, or nothing (https://docs.stripe.com/payments/checkout/billing-cycle). */
function dueToday(world: World, { subscriptionData: data }: SessionDetails, item: LineItem): number[] {
  const [whole, recurring, now] = [wholeOf(world, item), item.price?.recurring, world.now()];
  const { anchor = now, anchorConfig, prorates } = data;
  if (!recurring || anchor <= now) return whole;
  if (!prorates) return [0];
  const { end } = periodAround(now, anchor, recurring, anchorConfig?.day_of_month);
  return whole.map((amount) => proportion(amount, end - now, periodEnd(now, recurring) - now));
}

/** Whether what is due today is less by the second. */
export const isAnchored = ({ subscriptionData }: SessionDetails): boolean => subscriptionData.anchor !== undefined;

/** How a subscription that is bought now begins: where its anchor has passed, with the whole period that began there. */
export function beginningOf(
  world: World,
  { subscriptionData: { anchor, anchorConfig = null, prorates = true } }: SessionDetails,
): Pick<SubscriptionDraft, "anchor" | "anchorConfig" | "prorates" | "startDate"> {
  if (anchor === undefined) return {};
  return anchor > world.now() ? { anchor, anchorConfig, prorates } : { anchor, anchorConfig, startDate: anchor };
}

/** When the trial that a session offers ends, were it bought now; null: it offers none. */
export const trialEndOf = (world: World, { subscriptionData: data }: SessionDetails): number | null =>
  data.trialEnd ?? (data.trialPeriodDays === null ? null : trialEndAfter(world, data.trialPeriodDays));

/** The whole days of the trial that a session offers; null: it offers none. */
export function trialDaysOf(world: World, details: SessionDetails): number | null {
  const end = trialEndOf(world, details);
  return end === null ? null : Math.floor((end - world.now()) / DAY);
}

const DAY = 86_400;

function pricedItem(item: LineItem, lines: readonly PricedLine[]): LineItem {
  const sum = (of: (line: PricedLine) => number) => lines.reduce((whole, line) => whole + of(line), 0);
  return {
    ...item,
    amount_subtotal: sum((line) => line.subtotal),
    amount_discount: sum(discountOn),
    amount_tax: sum((line) => line.tax),
    amount_total: sum((line) => line.total),
  };
}

/** Whether an item is on the first invoice: in a trial, nothing that recurs is. */
const isToday = ({ price }: LineItem, { subscriptionData: data }: SessionDetails): boolean =>
  !price?.recurring || (data.trialPeriodDays ?? data.trialEnd ?? null) === null;

const NOTHING = { amount_discount: 0, amount_subtotal: 0, amount_tax: 0, amount_total: 0 };

/** The line items with what each costs today: they come to the session's own amounts. */
export const lineItemsToday = (details: SessionDetails): LineItem[] =>
  details.lineItems.map((item) => (isToday(item, details) ? item : { ...item, ...NOTHING }));

/** What is due today. */
function totals(items: readonly LineItem[], details: SessionDetails): Partial<CheckoutSession> {
  const due = lineItemsToday({ ...details, lineItems: [...items] });
  const sum = (of: (item: LineItem) => number) => due.reduce((total, item) => total + of(item), 0);
  return {
    amount_subtotal: sum((item) => item.amount_subtotal),
    amount_total: sum((item) => item.amount_total),
    total_details: {
      amount_discount: sum((item) => item.amount_discount),
      amount_shipping: 0,
      amount_tax: sum((item) => item.amount_tax),
    },
  };
}

/**
 * What the buyer is charged today. A subscription's first invoice takes the customer's balance with it, where there is one: while its anchor
 * is to come and nothing is prorated there may be nothing to invoice.
 */
export function dueOn(world: World, { id, amount_total, currency, customer, mode }: CheckoutSession): number {
  const total = amount_total ?? 0;
  if (mode !== "subscription" || currency === null) return total;
  const details = world.store.sessionDetails.get(id);
  const { prorates = true } = world.onClock(clockOf(world.store, id), () => beginningOf(world, details));
  const bills = prorates || details.lineItems.some(({ price }) => !price?.recurring);
  const balance = bills && world.store.customers.find(customer) ? balanceIn(world, customer, currency) : 0;
  return dueOf(total, balance, currency);
}

/** Remembers where the buyer is, and whether as a business, and taxes the sale there. */
export function placeSession(
  world: World,
  id: string,
  typed: Partial<Pick<SessionDetails, "address" | "customFields" | "taxId">>,
): CheckoutSession {
  world.store.sessionDetails.put({ ...world.store.sessionDetails.get(id), ...typed });
  return priceSession(world, id, {});
}
