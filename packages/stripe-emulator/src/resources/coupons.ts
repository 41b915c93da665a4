import type Stripe from "stripe";
import { found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  clearable,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { endCoupon } from "../billing/redeeming.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { count, currency } from "./price-params.ts";

type Coupon = Stored<Stripe.Coupon>;

const percentage: Reader<number> = (value, param) => {
  const word = text(value, param);
  const read = Number(word);
  if (/^\d{1,3}(\.\d{1,2})?$/.test(word) && read > 0 && read <= 100) return read;
  throw invalid(
    "Must be a number above 0 and up to 100, with at most two decimals.",
    "parameter_invalid_integer",
    param,
  );
};

/** An integer of 1 or more. */
export const positive: Reader<number> = (value, param) => {
  const read = integer(value, param);
  if (read >= 1) return read;
  throw invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", param);
};

const createParams = schema({
  amount_off: count,
  applies_to: hashOf(schema({ products: arrayOf(text) })),
  currency,
  duration: oneOf("forever", "once", "repeating"),
  duration_in_months: positive,
  id: text,
  max_redemptions: positive,
  metadata,
  name: atMost(40),
  percent_off: percentage,
  redeem_by: integer,
} satisfies Fields<keyof Stripe.CouponCreateParams>);
type CreateParams = ParamsOf<typeof createParams>;

function refuseContradictions(world: World, params: CreateParams): void {
  const { amount_off: amount, percent_off: percent, duration, duration_in_months: months, applies_to: scope } = params;
  if (amount === undefined && percent === undefined) {
    throw invalid("You must pass either `percent_off` or `amount_off` to define the coupon's value.");
  }
  if (amount !== undefined && percent !== undefined) {
    throw invalid("You may only specify one of these parameters: amount_off, percent_off.");
  }
  if (amount !== undefined && params.currency === undefined) throw missingParameter("currency");
  if (duration === "repeating" && months === undefined) throw missingParameter("duration_in_months");
  if (duration !== "repeating" && months !== undefined) {
    const message = "`duration_in_months` can only be passed if `duration` is `repeating`.";
    throw invalid(message, undefined, "duration_in_months");
  }
  if (params.redeem_by !== undefined && params.redeem_by <= world.now()) {
    throw invalid("`redeem_by` must be in the future.", undefined, "redeem_by");
  }
  for (const product of scope?.products ?? []) {
    if (!world.store.products.find(product)) throw noSuch("product", product, "applies_to[products]");
  }
}

function createCoupon(world: World, params: CreateParams): Coupon {
  refuseContradictions(world, params);
  const id = params.id ?? newId("", 8).slice(1);
  if (world.store.coupons.find(id)) throw invalid("Coupon already exists.", "resource_already_exists", "id");
  const { applies_to: scope, redeem_by: until } = params;
  world.store.couponScopes.delete(id);
  if (scope?.products?.length) world.store.couponScopes.put({ id, products: scope.products });
  const coupon = world.store.coupons.put({
    id,
    object: "coupon",
    amount_off: params.amount_off ?? null,
    created: world.now(),
    currency: params.amount_off === undefined ? null : (params.currency ?? null),
    duration: params.duration ?? "once",
    duration_in_months: params.duration_in_months ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    percent_off: params.percent_off ?? null,
    redeem_by: until ?? null,
    times_redeemed: 0,
    valid: true,
  });
  world.emit("coupon.created", coupon);
  if (until !== undefined) world.schedule("expire_coupon", id, until * 1000);
  return coupon;
}

function getCoupon(world: World, id: string): Coupon {
  return found(world.store.coupons.find(id), "coupon", id, "coupon", 404);
}

/** Its promotion codes end with it. Discounts that were granted go on. */
function deleteCoupon(world: World, id: string): Stripe.DeletedCoupon {
  const coupon = getCoupon(world, id);
  world.store.coupons.delete(id);
  world.store.deletedCoupons.put(coupon);
  world.unschedule("expire_coupon", id);
  world.emit("coupon.deleted", coupon);
  endCoupon(world, id);
  return { id, object: "coupon", deleted: true };
}

const updateParams = schema({ metadata, name: clearable(atMost(40)) } satisfies Fields<
  keyof Stripe.CouponUpdateParams
>);

export const couponRoutes: Route[] = [
  route("POST", "/v1/coupons", createParams, createCoupon),
  listRoute("/v1/coupons", "coupon", {}, (world) => world.store.coupons.all()),
  route("GET", "/v1/coupons/:id", schema({}), (world, _, { id }) => getCoupon(world, id)),
  route("POST", "/v1/coupons/:id", updateParams, (world, { metadata: change, ...plain }, { id }) => {
    const patch = { ...plain, metadata: mergeMetadata(getCoupon(world, id).metadata, change) };
    return world.update("coupons", id, patch, "coupon.updated");
  }),
  route("DELETE", "/v1/coupons/:id", schema({}), (world, _, { id }) => deleteCoupon(world, id)),
];
