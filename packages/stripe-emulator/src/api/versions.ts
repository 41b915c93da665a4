import { previousAttributes } from "../events/previous-attributes.ts";
import type { EventRow, Rows } from "../state/rows.ts";
import type { Store } from "../state/store.ts";
import { invalid } from "./errors.ts";
import { type Lead, stripeApi } from "./stripe-api.ts";

type Hash = Record<string, unknown>;

/** What older versions of an object had beside what it has now; undefined: what they had not. */
interface Shapes {
  subscription: (row: Rows["subscriptions"]) => Hash;
  subscription_item: () => Hash;
  invoice: (row: Rows["invoices"], store: Store) => Hash;
  line_item: (row: Rows["invoices"]["lines"]["data"][number], store: Store) => Hash;
  payment_intent: (row: Rows["paymentIntents"], store: Store) => Hash;
  invoiceitem: (row: Rows["invoiceItems"], store: Store) => Hash;
  charge: (row: Rows["charges"], store: Store) => Hash;
  discount: (row: Rows["discounts"], store: Store) => Hash;
  promotion_code: (row: Rows["promotionCodes"], store: Store) => Hash;
  "checkout.session": (row: Rows["checkoutSessions"]) => Hash;
}

interface Change {
  /** The first version that is without it. */
  until: string;
  shapes: Partial<Shapes>;
  /** What could be expanded there, by the SDK's type. */
  expandable: Record<string, Record<string, Lead>>;
}

const invoiceOf = (store: Store, intent: string | null): string | null =>
  store.invoicePayments.all().find(({ payment }) => intent !== null && payment.payment_intent === intent)?.invoice ??
  null;

const intentOf = (store: Store, invoice: string | undefined) =>
  store.paymentIntents.find(
    store.invoicePayments.all().find((row) => row.invoice === invoice && row.is_default)?.payment.payment_intent ??
      null,
  );

/** What a line said of the invoice item that it came from; a proration was one too. */
function invoiceItemOf(parent: Rows["invoices"]["lines"]["data"][number]["parent"]): Hash {
  const details = parent?.subscription_item_details ?? parent?.invoice_item_details;
  return {
    ...(details?.invoice_item ? { invoice_item: details.invoice_item } : {}),
    proration: details?.proration ?? false,
    proration_details: details?.proration_details ?? null,
    type: details?.invoice_item === null ? "subscription" : "invoiceitem",
  };
}

const couponOf = (store: Store, id: string | null) => store.coupons.find(id) ?? store.deletedCoupons.find(id) ?? null;

/** What the ways to show Checkout were called. */
export const OLDER_UI_MODES: Record<string, string> = {
  elements: "custom",
  embedded_page: "embedded",
  hosted_page: "hosted",
};

/** The newest first. From the changelog of the stripe package, at the release that pinned each version. */
const CHANGES: readonly Change[] = [
  {
    until: "2026-03-25.dahlia",
    shapes: { "checkout.session": ({ ui_mode: mode }) => ({ ui_mode: OLDER_UI_MODES[mode ?? ""] ?? mode }) },
    expandable: {},
  },
  {
    until: "2025-09-30.clover",
    shapes: {
      discount: ({ source }, store) => ({ coupon: couponOf(store, source.coupon), source: undefined }),
      promotion_code: ({ promotion }, store) => ({ coupon: couponOf(store, promotion.coupon), promotion: undefined }),
    },
    expandable: {},
  },
  {
    until: "2025-03-31.basil",
    shapes: {
      subscription: ({ items }) => ({
        current_period_start: items.data[0]?.current_period_start,
        current_period_end: items.data[0]?.current_period_end,
      }),
      subscription_item: () => ({ current_period_start: undefined, current_period_end: undefined }),
      invoice: ({ id, status, parent }, store) => ({
        charge: intentOf(store, id)?.latest_charge ?? null,
        paid: status === "paid",
        parent: undefined,
        payment_intent: intentOf(store, id)?.id ?? null,
        subscription: parent?.subscription_details?.subscription ?? null,
        subscription_details: { metadata: parent?.subscription_details?.metadata ?? null },
      }),
      line_item: ({ parent, pricing }, store) => ({
        ...invoiceItemOf(parent),
        parent: undefined,
        price: store.prices.find(pricing?.price_details?.price) ?? null,
        pricing: undefined,
        subscription_item: parent?.subscription_item_details?.subscription_item,
      }),
      invoiceitem: ({ parent, pricing, amount, quantity }, store) => ({
        parent: undefined,
        price: store.prices.find(pricing?.price_details?.price) ?? null,
        pricing: undefined,
        subscription: parent?.subscription_details?.subscription ?? null,
        subscription_item: parent?.subscription_details?.subscription_item,
        unit_amount: Number.isInteger(amount / quantity) ? amount / quantity : null,
        unit_amount_decimal: pricing?.unit_amount_decimal ?? null,
      }),
      payment_intent: ({ id }, store) => ({ invoice: invoiceOf(store, id) }),
      charge: ({ payment_intent: intent }, store) => ({ invoice: invoiceOf(store, intent) }),
    },
    expandable: {
      Invoice: {
        charge: { ids: ["Charge"] },
        payment_intent: { ids: ["PaymentIntent"] },
        subscription: { ids: ["Subscription"] },
      },
      InvoiceItem: { subscription: { ids: ["Subscription"] } },
      InvoiceLineItem: { price: { within: ["Price"] } },
      PaymentIntent: { invoice: { ids: ["Invoice"] } },
      Charge: { invoice: { ids: ["Invoice"] } },
    },
  },
];

/** The first version that refuses `payment_method_types`, where Stripe chooses the methods itself. */
const METHODS_CHOSEN = "2026-09-30.endive";

/** All versions of the API there are. */
const VERSIONS: readonly string[] = (() => {
  const { params = "" } = stripeApi.operations["POST /v1/webhook_endpoints"] ?? {};
  const kind = stripeApi.hashes[params]?.api_version;
  return typeof kind === "object" && "words" in kind ? kind.words : [];
})();

/** Throws Stripe's 400 for what is not a version. */
export function checkVersion(version: string): void {
  if (!VERSIONS.includes(version)) throw invalid(`Invalid Stripe API version: ${version}`);
}

/** Versions begin with their date, so that text compares as they follow one another. */
const changesFor = (version: string) => CHANGES.filter(({ until }) => version < until);

/** Whether older names of parameters are taken: from older versions, and from requests that name none, as Stripe's CLI. */
export const takesOlderParams = (asked: string | null): boolean => asked === null || asked < METHODS_CHOSEN;

/** What is there only when asked for, and is no list: the SDK's types do not tell it from what is always there. */
const INCLUDED: Record<string, Record<string, Lead>> = {
  Customer: { invoice_credit_balance: { includable: "Customer.InvoiceCreditBalance" } },
  Invoice: { confirmation_secret: { includable: "Invoice.ConfirmationSecret" } },
  Plan: { tiers: { includable: "Plan.Tier" } },
  Price: { currency_options: { includable: "Price.CurrencyOptions" }, tiers: { includable: "Price.Tier" } },
};

/** What an attribute of a type led to in a version. */
export function leadIn(version: string, type: string, name: string): Lead | undefined {
  const tables = [stripeApi.expandable, INCLUDED, ...changesFor(version).map(({ expandable }) => expandable)];
  return tables.map((table) => table[type]).find((leads) => leads && Object.hasOwn(leads, name))?.[name];
}

/** An object as a version shows it, with all that is in it. Events keep the version that they were made with. */
export function shape<T>(store: Store, value: T, version: string): T {
  const changes = changesFor(version);
  return changes.length === 0 ? value : (reshape(store, value, changes) as T);
}

function reshape(store: Store, value: unknown, changes: readonly Change[]): unknown {
  if (Array.isArray(value)) return value.map((item) => reshape(store, item, changes));
  if (typeof value !== "object" || value === null) return value;
  const { object } = value as { object?: unknown };
  if (object === "event") return value;
  const row: Hash = { ...value };
  for (const { shapes } of changes) {
    const older = shapes[object as keyof Shapes] as ((row: unknown, store: Store) => Hash) | undefined;
    Object.assign(row, older?.(row, store));
  }
  const present = Object.entries(row).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(present.map(([key, inner]) => [key, reshape(store, inner, changes)]));
}

/** An event as an endpoint of another version gets it. */
export function eventIn(store: Store, event: EventRow, version: string): EventRow {
  const { object, previous_attributes: previous } = event.data;
  const shown = shape(store, object, version);
  const before = previous && previousAttributes(shape(store, withOld(object as Hash, previous), version), shown);
  return {
    ...event,
    api_version: version,
    data: { object: shown, ...(before === undefined ? {} : { previous_attributes: before }) },
  };
}

/** The object before the change that `previous_attributes` tells of. */
function withOld(now: Hash, previous: Hash): Hash {
  const isHash = (value: unknown): value is Hash =>
    typeof value === "object" && value !== null && !Array.isArray(value) && (value as Hash).object !== "list";
  const old = Object.entries(previous).map(([key, was]) => {
    const is = now[key];
    return [key, isHash(was) && isHash(is) ? withOld(is, was) : was];
  });
  return { ...now, ...Object.fromEntries(old) };
}
