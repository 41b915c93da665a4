import { balancesOf } from "../billing/balance.ts";
import { lineItemsToday } from "../billing/session-pricing.ts";
import { cutLists } from "../state/nested-lists.ts";
import type { Store } from "../state/store.ts";
import { listOf } from "../state/stored.ts";
import { invalid, notModelled } from "./errors.ts";
import type { Lead, Operation } from "./stripe-api.ts";
import { leadIn, shape } from "./versions.ts";

type Hash = Record<string, unknown>;
type Finder = (store: Store, id: string) => object | undefined;

/** Where the objects of a type are found by their id. */
const OBJECTS: Record<string, Finder> = {
  Account: (store, id) => store.connectedAccounts.find(id),
  BalanceTransaction: (store, id) => store.funds.find(id),
  Charge: (store, id) => store.charges.find(id),
  Coupon: (store, id) => store.coupons.find(id) ?? store.deletedCoupons.find(id),
  "Billing.CreditBalanceTransaction": (store, id) => store.creditEntries.find(id),
  "Billing.CreditGrant": (store, id) => store.creditGrants.find(id),
  CreditNote: (store, id) => store.creditNotes.find(id),
  Customer: (store, id) => store.customers.find(id),
  CustomerBalanceTransaction: (store, id) => store.balanceTransactions.find(id),
  DeletedCustomer: (store, id) => store.deletedCustomers.find(id),
  DeletedProduct: (_, id) => ({ id, object: "product", deleted: true }),
  Discount: (store, id) => store.discounts.find(id),
  Dispute: (store, id) => store.disputes.find(id),
  "Entitlements.Feature": (store, id) => store.features.find(id),
  Invoice: (store, id) => store.invoices.find(id),
  PaymentIntent: (store, id) => store.paymentIntents.find(id),
  PaymentLink: (store, id) => store.paymentLinks.find(id),
  Payout: (store, id) => store.payouts.find(id),
  PaymentMethod: (store, id) => store.paymentMethods.find(id),
  Price: (store, id) => store.prices.find(id),
  Product: (store, id) => store.products.find(id),
  PromotionCode: (store, id) => store.promotionCodes.find(id),
  Quote: (store, id) => store.quotes.find(id),
  Refund: (store, id) => store.refunds.find(id),
  SetupIntent: (store, id) => store.setupIntents.find(id),
  Topup: (store, id) => store.topups.find(id),
  Transfer: (store, id) => store.transfers.find(id),
  TaxRate: (store, id) => store.taxRates.find(id),
  Subscription: (store, id) => store.subscriptions.find(id),
  SubscriptionSchedule: (store, id) => store.subscriptionSchedules.find(id),
  "TestHelpers.TestClock": (store, id) => store.testClocks.find(id),
};

/** The order of the list that goes on where this one was cut. */
const newestFirst = <T>(rows: T[]): T[] => rows.reverse();

/** Attributes that are there only when asked for. */
const INCLUDABLE: Record<string, (store: Store, id: string) => object | null | undefined> = {
  "Checkout.Session.line_items": (store, id) =>
    listOf(`/v1/checkout/sessions/${id}/line_items`, lineItemsToday(store.sessionDetails.get(id))),
  "PaymentLink.line_items": (store, id) => listOf(`/v1/payment_links/${id}/line_items`, store.linkItems.get(id).items),
  "Coupon.applies_to": (store, id) => ({ products: store.couponScopes.find(id)?.products ?? [] }),
  "Customer.invoice_credit_balance": creditBalances,
  "Customer.subscriptions": (store, id) =>
    listOf(
      `/v1/customers/${id}/subscriptions`,
      newestFirst(store.subscriptions.where("customer", id).filter((row) => row.status !== "canceled")),
    ),
  "Customer.tax_ids": (store, id) =>
    listOf(`/v1/customers/${id}/tax_ids`, newestFirst(store.taxNumbers.where("customer", id))),
  "Invoice.confirmation_secret": confirmationSecret,
  "Invoice.payments": (store, id) =>
    listOf("/v1/invoice_payments", newestFirst(store.invoicePayments.where("invoice", id))),
  "Plan.tiers": (store, id) => store.priceTiers.find(id)?.tiers,
  "Price.currency_options": currencyOptions,
  "Price.tiers": (store, id) => store.priceTiers.find(id)?.tiers,
  "Charge.refunds": (store, id) => listOf(`/v1/charges/${id}/refunds`, newestFirst(store.refunds.where("charge", id))),
};

/** Here credit is positive: https://docs.stripe.com/api/customers/object#customer_object-invoice_credit_balance */
function creditBalances(store: Store, id: string): object {
  const owed = Object.entries(balancesOf(store, id));
  return Object.fromEntries(owed.map(([currency, amount]) => [currency, 0 - amount]));
}

/** A price's own currency is among them. */
function currencyOptions(store: Store, id: string): object {
  const { currency, custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal } = store.prices.get(id);
  const own = { custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal };
  return { [currency]: own, ...store.currencyOptions.find(id)?.options };
}

/** What Elements confirms an invoice's payment with; null where it has none (the SDK's comment on `Invoice.confirmation_secret`). */
function confirmationSecret(store: Store, invoice: string): object | null {
  const payment = store.invoicePayments
    .where("invoice", invoice)
    .find((row) => row.is_default && row.status === "open");
  const intent = store.paymentIntents.find(payment?.payment.payment_intent);
  return intent ? { client_secret: intent.client_secret, type: "payment_intent" } : null;
}

/** The `data` of a list counts as a level, too. */
const MAX_DEPTH = 4;

/** How many a search found: said only when asked for. */
const TOTAL = "total_count";

/** One step of a path: the attribute, what the SDK says of it, and the types that have it. `data` of a list has no lead. */
interface Step {
  name: string;
  owner?: string;
  lead?: Lead;
}

/** What to expand, found to be possible for this operation and version. */
export type Expansion = Step[];

/**
 * Reads `expand` before anything is done: throws Stripe's 400 for what cannot be expanded by the SDK's types, and the
 * emulator's own for what it lacks (https://docs.stripe.com/api/expanding_objects).
 */
export function readExpansions(operation: Operation, paths: readonly string[], version: string): Expansion[] {
  return paths.map((path) => {
    if (operation.list === "search" && path === TOTAL) return [{ name: path }];
    const names = path.split(".");
    if (names.length > MAX_DEPTH)
      throw invalid(`You cannot expand more than ${MAX_DEPTH} levels of a property`, undefined, "expand");
    if (operation.list && names[0] !== "data")
      throw cannotExpand(path, ` You may want to try expanding 'data.${path}' instead.`);
    let types: readonly string[] = operation.answer ?? [];
    let inList = operation.list !== undefined;
    return names.map((name): Step => {
      if (inList && name === "data") {
        inList = false;
        return { name };
      }
      const owner = inList ? undefined : types.find((type) => leadIn(version, type, name));
      const lead = owner === undefined ? undefined : leadIn(version, owner, name);
      if (owner === undefined || !lead) throw cannotExpand(path);
      expectModelled(lead, owner, name, path);
      inList = "list" in lead || "includable" in lead;
      types =
        "ids" in lead ? lead.ids : "within" in lead ? lead.within : ["list" in lead ? lead.list : lead.includable];
      return { name, owner, lead };
    });
  });
}

const cannotExpand = (path: string, hint = "") =>
  invalid(`This property cannot be expanded (${path}).${hint}`, undefined, "expand");

function expectModelled(lead: Lead, owner: string, name: string, path: string): void {
  const modelled =
    "ids" in lead ? lead.ids.some((type) => OBJECTS[type]) : !("includable" in lead) || INCLUDABLE[`${owner}.${name}`];
  if (!modelled) throw notModelled(`the expansion ${path}`, "expand");
}

/** The answer as the version shows it, with what was asked for filled in. */
export function expand(store: Store, answer: object, expansions: readonly Expansion[], version: string): object {
  const shown = cutLists(shape(store, answer, version));
  if (expansions.length === 0 && !(TOTAL in shown)) return shown;
  const copy = structuredClone(shown);
  if (!expansions.some(([step]) => step?.name === TOTAL)) Reflect.deleteProperty(copy, TOTAL);
  for (const steps of expansions) fill(store, copy as Hash, steps, version);
  return copy;
}

function fill(store: Store, target: Hash, [step, ...rest]: Expansion, version: string): void {
  if (!step) return;
  const { name, owner, lead } = step;
  const value = target[name];
  const load = (found: unknown) => structuredClone(cutLists({ found: shape(store, found, version) }).found);
  const loadById = (id: string) => {
    const types = lead && "ids" in lead ? lead.ids : [];
    return load(types.map((type) => OBJECTS[type]?.(store, id)).find(Boolean) ?? id);
  };
  if (typeof value === "string") target[name] = loadById(value);
  else if (Array.isArray(value)) target[name] = value.map((item) => (typeof item === "string" ? loadById(item) : item));
  else if (value === undefined && lead && "includable" in lead)
    target[name] = load(INCLUDABLE[`${owner}.${name}`]?.(store, String(target.id)));
  for (const inner of [target[name]].flat()) {
    if (typeof inner === "object" && inner !== null) fill(store, inner as Hash, rest, version);
  }
}
