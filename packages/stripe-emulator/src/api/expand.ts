import type { Store } from "../state/store.ts";
import { listOf } from "../state/stored.ts";
import type { World } from "../world.ts";
import { invalid } from "./errors.ts";

type Hash = Record<string, unknown>;
type Finder = (store: Store, id: string) => object | undefined;

/** Where the object behind an id is found, by the attribute's name. */
const REFERENCES: Record<string, Finder> = {
  customer: (store, id) => store.customers.find(id) ?? store.deletedCustomers.find(id),
  product: (store, id) => store.products.find(id),
  default_price: (store, id) => store.prices.find(id),
  coupon: (store, id) => store.coupons.find(id) ?? store.deletedCoupons.find(id),
  promotion_code: (store, id) => store.promotionCodes.find(id),
  discount: (store, id) => store.discounts.find(id),
  discounts: (store, id) => store.discounts.find(id),
  feature: (store, id) => store.features.find(id),
  setup_intent: (store, id) => store.setupIntents.find(id),
  price: (store, id) => store.prices.find(id),
  subscription: (store, id) => store.subscriptions.find(id),
  invoice: (store, id) => store.invoices.find(id),
  latest_invoice: (store, id) => store.invoices.find(id),
  payment_intent: (store, id) => store.paymentIntents.find(id),
  charge: (store, id) => store.charges.find(id),
  latest_charge: (store, id) => store.charges.find(id),
  payment_method: (store, id) => store.paymentMethods.find(id),
  default_payment_method: (store, id) => store.paymentMethods.find(id),
};

/** Attributes that are there only when asked for. */
const INCLUDABLE: Record<string, (store: Store, id: string) => object> = {
  "checkout.session.line_items": (store, id) =>
    listOf(`/v1/checkout/sessions/${id}/line_items`, store.sessionDetails.get(id).lineItems),
  "coupon.applies_to": (store, id) => ({ products: store.couponScopes.find(id)?.products ?? [] }),
  "customer.subscriptions": (store, id) =>
    listOf(
      `/v1/customers/${id}/subscriptions`,
      store.subscriptions.all().filter((row) => row.customer === id && row.status !== "canceled"),
    ),
  "invoice.payments": (store, id) =>
    listOf(
      "/v1/invoice_payments",
      store.invoicePayments.all().filter((row) => row.invoice === id),
    ),
  "charge.refunds": (store, id) =>
    listOf(
      `/v1/charges/${id}/refunds`,
      store.refunds.all().filter((row) => row.charge === id),
    ),
};

const MAX_DEPTH = 4;

/** A copy of the answer with the asked-for paths (`data.customer`, `latest_invoice.payments`) filled in. */
export function expand(world: World, answer: object, paths: readonly string[]): object {
  const copy = structuredClone(answer);
  for (const path of paths) {
    const steps = path.split(".");
    const depth = steps.filter((step) => step !== "data").length;
    if (depth > MAX_DEPTH)
      throw invalid(`You cannot expand more than ${MAX_DEPTH} levels of a property`, undefined, "expand");
    fill(world.store, copy as Hash, steps, path);
  }
  return copy;
}

function fill(store: Store, target: Hash, steps: string[], path: string): void {
  const [name, ...rest] = steps;
  if (name === undefined) return;
  const value = target[name];
  if (Array.isArray(value)) {
    const found = value.map((item) => (typeof item === "string" ? REFERENCES[name]?.(store, item) : item));
    target[name] = found.map((item) => structuredClone(item ?? refuse(path)));
    for (const item of target[name] as Hash[]) fill(store, item, rest, path);
    return;
  }
  const include = INCLUDABLE[`${target.object}.${name}`];
  if (value === undefined && include) target[name] = structuredClone(include(store, String(target.id)));
  else if (typeof value === "string") target[name] = structuredClone(REFERENCES[name]?.(store, value) ?? refuse(path));
  else if (value === undefined || (value !== null && typeof value !== "object")) refuse(path);
  if (rest.length > 0 && target[name] !== null) fill(store, target[name] as Hash, rest, path);
}

function refuse(path: string): never {
  throw invalid(`This property cannot be expanded (${path}).`, undefined, "expand");
}
