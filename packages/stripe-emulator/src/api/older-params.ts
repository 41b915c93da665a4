import type { Store } from "../state/store.ts";
import { invalid } from "./errors.ts";
import type { FormHash, FormValue } from "./form.ts";
import type { Route } from "./route.ts";
import { OLDER_UI_MODES } from "./versions.ts";

/** Makes of an older API version's parameters, which Stripe's CLI sends too, what this version calls them. */
export function takeOlderParams(
  store: Store,
  { method, path }: Pick<Route, "method" | "path">,
  form: FormHash,
  version: string | null,
): void {
  if (method === "POST" && LISTING_METHODS.includes(path)) listMethods(path, form, version);
  if (path === "/v1/checkout/sessions") {
    const [mode] = Object.entries(OLDER_UI_MODES).find(([, older]) => older === form.ui_mode) ?? [];
    if (mode !== undefined) form.ui_mode = mode;
  }
  if (path === "/v1/promotion_codes" && form.coupon !== undefined) {
    form.promotion = { type: "coupon", coupon: form.coupon };
    delete form.coupon;
  }
  if (path === "/v1/invoiceitems" && form.price !== undefined) {
    form.pricing = { price: form.price };
    delete form.price;
  }
  if (path.startsWith("/v1/subscriptions/") && typeof form.billing_cycle_anchor === "string")
    form.billing_cycle_anchor = { type: form.billing_cycle_anchor };
  const { subscription_details: previewed } = form;
  if (path === "/v1/invoices/create_preview" && isHash(previewed) && typeof previewed.billing_cycle_anchor === "string")
    form.subscription_details = { ...previewed, billing_cycle_anchor: anchorBy(previewed.billing_cycle_anchor) };
  if (path.startsWith("/v1/subscription_schedules") && Array.isArray(form.phases))
    form.phases = form.phases.map((phase) => withDuration(store, phase));
}

/** A word, or a moment. */
const anchorBy = (asked: string): FormHash =>
  /^\d+$/.test(asked) ? { type: "timestamp", timestamp: asked } : { type: asked };

const INTENTS = ["/v1/payment_intents", "/v1/setup_intents"];
const LISTING_METHODS = [...INTENTS, "/v1/checkout/sessions"];

/** The first version in which an intent that lists no methods is for all that the account's settings say: https://docs.stripe.com/changelog/2023-08-16 */
const METHODS_AUTOMATIC = "2023-08-16";

/** What chooses the methods by now. */
const NEWER_CHOICES = ["allowed_payment_method_types", "automatic_payment_methods"];

/** What listed the methods, and had to fit the currency; intents that listed none were for cards, as those of Stripe's CLI. */
function listMethods(path: string, form: FormHash, version: string | null): void {
  const forCards = INTENTS.includes(path) && (version === null || version < METHODS_AUTOMATIC);
  const other = NEWER_CHOICES.find((name) => form[name] !== undefined);
  const byDefault = forCards && other === undefined ? ["card"] : undefined;
  const { payment_method_types: listed = byDefault } = form;
  delete form.payment_method_types;
  if (listed === undefined) return;
  if (other !== undefined) {
    const message = `You may only specify one of these parameters: ${other}, payment_method_types.`;
    throw invalid(message, undefined, "payment_method_types");
  }
  if (
    path === "/v1/payment_intents" &&
    Array.isArray(listed) &&
    listed.includes("sepa_debit") &&
    form.currency !== "eur"
  ) {
    const message = `The currency provided (${form.currency}) is invalid for one or more payment method types on this PaymentIntent. The payment method type sepa_debit only supports the following currencies: eur.`;
    throw invalid(message, undefined, "payment_method_types");
  }
  form.allowed_payment_method_types = listed;
}

const isHash = (value: FormValue | undefined): value is FormHash => typeof value === "object" && !Array.isArray(value);

/** `iterations` of a phase: so many periods of its first price. */
function withDuration(store: Store, phase: FormValue): FormValue {
  if (!isHash(phase) || typeof phase.iterations !== "string" || !Array.isArray(phase.items)) return phase;
  const { iterations, ...others } = phase;
  const [item] = phase.items;
  const { interval, interval_count: periods = 1 } =
    (isHash(item) ? store.prices.find(String(item.price ?? item.plan))?.recurring : undefined) ?? {};
  if (interval === undefined) return others;
  return { ...others, duration: { interval, interval_count: String(Number(iterations) * periods) } };
}
