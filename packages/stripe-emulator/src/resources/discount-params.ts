import { invalid, missingParameter, noSuch } from "../api/errors.ts";
import { arrayOf, hashOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Basket, type Offer, refusalOf } from "../billing/redeeming.ts";
import type { World } from "../world.ts";

const discountFields = schema({ coupon: text, discount: text, promotion_code: text });
/** `discounts`: coupons or promotion codes to redeem; or discounts to keep, where something has them already. */
export const discounts = arrayOf(hashOf(discountFields), 20);
export type DiscountParam = ParamsOf<typeof discountFields>;

/** The offer that a parameter names; 400 when there is none or it can't be used on this. */
export function offerFromParam(world: World, asked: DiscountParam, basket: Basket, param: string): Offer {
  const { coupon, promotion_code: promotionCode } = asked;
  if (coupon !== undefined && promotionCode !== undefined) {
    throw invalid("You may only specify one of these parameters: coupon, promotion_code.", undefined, param);
  }
  const code = world.store.promotionCodes.find(promotionCode);
  if (promotionCode !== undefined && !code) {
    throw noSuch("promotion code", promotionCode, `${param}[promotion_code]`);
  }
  const id = code?.promotion.coupon ?? coupon;
  if (id === undefined) throw missingParameter(`${param}[coupon]`);
  if (!code && !world.store.coupons.find(id)) throw noSuch("coupon", id, `${param}[coupon]`);
  const offer = { coupon: id, promotionCode: code?.id ?? null };
  const refusal = refusalOf(world, offer, basket);
  if (refusal !== undefined) {
    const expired = !world.store.coupons.find(id)?.valid;
    throw invalid(refusal, expired ? "coupon_expired" : undefined, `${param}[${code ? "promotion_code" : "coupon"}]`);
  }
  return offer;
}

export function offersFromParam(world: World, asked: readonly DiscountParam[] | undefined, basket: Basket): Offer[] {
  const offers = (asked ?? []).map((each, index) => offerFromParam(world, each, basket, `discounts[${index}]`));
  refuseSameCoupon(offers.map(({ coupon }) => coupon));
  return offers;
}

/** 400 for a coupon that is to be used twice on one thing, by itself or by a promotion code. */
export function refuseSameCoupon(coupons: readonly string[]): void {
  const twice = coupons.findIndex((coupon, index) => coupons.indexOf(coupon) < index);
  if (twice < 0) return;
  const message = `The coupon ${coupons[twice]} can only be applied once.`;
  throw invalid(message, undefined, `discounts[${twice}]`);
}
