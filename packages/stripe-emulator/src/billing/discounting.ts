import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { periodEnd } from "./calendar.ts";
import type { Reduction } from "./pricing.ts";
import { type Offer, redeem } from "./redeeming.ts";

export type Discount = Stored<Stripe.Discount>;

/** The terms of a discount's coupon: they last longer than the coupon itself. */
export function couponOf(world: World, { source }: Pick<Discount, "source">): Stored<Stripe.Coupon> {
  return world.store.coupons.find(source.coupon) ?? world.store.deletedCoupons.get(source.coupon);
}

/** An offer's terms, as the computation takes them, under the name of the discount that it became. */
export function reductionBy(world: World, coupon: string, discount: string): Reduction {
  const { percent_off: percent, amount_off: amountOff } = couponOf(world, { source: { coupon, type: "coupon" } });
  const products = world.store.couponScopes.find(coupon)?.products ?? null;
  return { discount, percentOff: percent === null ? null : Math.round(percent * 100), amountOff, products };
}

export const reductionsOf = (world: World, ids: readonly string[]): Reduction[] =>
  ids.map((id) => reductionBy(world, world.store.discounts.get(id).source.coupon ?? "", id));

/** Those of the discounts that an invoice of this moment (seconds) still gets. */
export const inForce = (world: World, ids: readonly string[], moment: number): string[] =>
  ids.filter((id) => {
    const { end } = world.store.discounts.get(id);
    return end === null || end > moment;
  });

/** Those that last: a coupon for one invoice is spent on whole periods and takes no part in prorations. */
export const lasting = (world: World, ids: readonly string[]): string[] =>
  ids.filter((id) => couponOf(world, world.store.discounts.get(id)).duration !== "once");

/** What a discount is given to: a subscription, one invoice, or a checkout in payment mode. */
export type Beneficiary = Partial<Pick<Discount, "customer" | "subscription" | "invoice" | "checkout_session">>;

/** Redeems an offer. `repeating` months are counted from now, in a trial too. */
export function grant(world: World, { coupon: id, promotionCode }: Offer, to: Beneficiary): string {
  redeem(world, { coupon: id, promotionCode });
  const coupon = couponOf(world, { source: { coupon: id, type: "coupon" } });
  const start = world.now();
  const months = coupon.duration === "repeating" ? coupon.duration_in_months : null;
  const discount = world.store.discounts.put({
    id: newId("di"),
    object: "discount",
    checkout_session: null,
    customer: null,
    customer_account: null,
    end: months === null ? null : periodEnd(start, { interval: "month", interval_count: months }),
    invoice: null,
    invoice_item: null,
    promotion_code: promotionCode,
    source: { coupon: id, type: "coupon" },
    start,
    subscription: null,
    subscription_item: null,
    ...to,
  });
  if (to.subscription) world.emit("customer.discount.created", discount);
  return discount.id;
}

/** The discounts that a subscription has from now on. The rows of the others stay: its invoices name them. */
export function setDiscounts(world: World, subscription: string, discounts: string[]): void {
  const { discounts: before } = world.store.subscriptions.get(subscription);
  world.update("subscriptions", subscription, { discounts }, "customer.subscription.updated");
  for (const id of before) {
    if (!discounts.includes(id)) world.emit("customer.discount.deleted", world.store.discounts.get(id));
  }
}

/** After an invoice was drafted: coupons for one invoice that it used are spent, and others have run out. */
export function spendDiscounts(world: World, invoice: Stored<Stripe.Invoice>): void {
  const subscription = world.store.subscriptions.find(invoice.parent?.subscription_details?.subscription);
  if (!subscription) return;
  const used = (invoice.total_discount_amounts ?? []).filter(({ amount }) => amount > 0).map((row) => row.discount);
  const current = inForce(world, subscription.discounts, invoice.created);
  const left = current.filter((id) => !used.includes(id) || lasting(world, [id]).length > 0);
  if (left.length < subscription.discounts.length) setDiscounts(world, subscription.id, left);
}
