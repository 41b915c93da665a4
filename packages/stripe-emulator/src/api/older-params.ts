import type { Store } from "../state/store.ts";
import type { FormHash, FormValue } from "./form.ts";
import { OLDER_UI_MODES } from "./versions.ts";

/** Makes of an older API version's parameters, which Stripe's CLI sends too, what this version calls them. */
export function takeOlderParams(store: Store, path: string, form: FormHash): void {
  delete form.payment_method_types;
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
  if (path.startsWith("/v1/subscription_schedules") && Array.isArray(form.phases))
    form.phases = form.phases.map((phase) => withDuration(store, phase));
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
