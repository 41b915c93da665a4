import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type PromotionCode = Stored<Stripe.PromotionCode>;

/** A coupon, and the code by which somebody came to it. */
export interface Offer {
  coupon: string;
  promotionCode: string | null;
}

/** What an offer is to be used on. */
export interface Basket {
  customer: string | null;
  currency: string;
  /** Before discounts and tax, in the currency's smallest unit. */
  subtotal: number;
  products: readonly string[];
}

/** Why an offer can't be used here, for a buyer to read; undefined when it can. */
export function refusalOf(world: World, { coupon: id, promotionCode }: Offer, basket: Basket): string | undefined {
  const coupon = world.store.coupons.find(id);
  const code = world.store.promotionCodes.find(promotionCode);
  if (code && !code.active) return "This promotion code is no longer active.";
  if (!coupon?.valid) return "This coupon has expired, or was used up.";
  if (coupon.currency !== null && coupon.currency !== basket.currency) {
    return `This discount is in ${coupon.currency.toUpperCase()} and can't be used here.`;
  }
  const products = world.store.couponScopes.find(id)?.products;
  if (products && !products.some((product) => basket.products.includes(product))) {
    return "This discount does not apply to what is being bought.";
  }
  return code && restrictionOf(world, code, basket);
}

function restrictionOf(world: World, { customer, restrictions }: PromotionCode, basket: Basket): string | undefined {
  if (customer !== null && customer !== basket.customer) return "This promotion code belongs to another customer.";
  if (restrictions.first_time_transaction && hasPaid(world, basket.customer)) {
    return "This promotion code is for a first order only.";
  }
  const { minimum_amount: minimum, minimum_amount_currency: currency } = restrictions;
  if (minimum === null || (currency === basket.currency && basket.subtotal >= minimum)) return undefined;
  return "This promotion code is for larger orders.";
}

const hasPaid = (world: World, customer: string | null) =>
  customer !== null &&
  world.store.paymentIntents.all().some((row) => row.customer === customer && row.status === "succeeded");

/** The active promotion code that somebody typed; letters count the same in upper and lower case. */
export const findPromotionCode = (world: World, typed: string): PromotionCode | undefined =>
  world.store.promotionCodes.all().find((row) => row.active && row.code.toUpperCase() === typed.trim().toUpperCase());

/** Counts a use; whoever is used up by it is valid no more. */
export function redeem(world: World, { coupon: id, promotionCode }: Offer): void {
  const code = world.store.promotionCodes.find(promotionCode);
  if (code) {
    const times = code.times_redeemed + 1;
    const active = code.active && times !== code.max_redemptions;
    world.update("promotionCodes", code.id, { times_redeemed: times, active }, "promotion_code.updated");
  }
  const coupon = world.store.coupons.find(id);
  // A checkout that was opened before its coupon was deleted keeps it.
  if (!coupon) return;
  const times = coupon.times_redeemed + 1;
  world.update("coupons", id, { times_redeemed: times }, "coupon.updated");
  if (times === coupon.max_redemptions) endCoupon(world, id);
}

/** A coupon that ran out: neither it nor its promotion codes can be redeemed any more. */
export function endCoupon(world: World, id: string): void {
  if (world.store.coupons.find(id)) world.update("coupons", id, { valid: false }, "coupon.updated");
  for (const code of world.store.promotionCodes.all()) {
    if (code.promotion.coupon === id) endPromotionCode(world, code.id);
  }
}

export function endPromotionCode(world: World, id: string): void {
  world.update("promotionCodes", id, { active: false }, "promotion_code.updated");
}
