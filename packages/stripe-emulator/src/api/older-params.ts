import type { FormHash } from "./form.ts";

/** Makes of an older API version's parameters, which Stripe's CLI sends too, what this version calls them. */
export function takeOlderParams(path: string, form: FormHash): void {
  delete form.payment_method_types;
  if (path === "/v1/promotion_codes" && form.coupon !== undefined) {
    form.promotion = { type: "coupon", coupon: form.coupon };
    delete form.coupon;
  }
}
