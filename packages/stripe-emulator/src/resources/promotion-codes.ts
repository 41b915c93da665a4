import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  atMost,
  boolean,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { findPromotionCode } from "../billing/redeeming.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { positive } from "./coupons.ts";
import { customerFromParam } from "./customers.ts";
import { currency } from "./price-params.ts";

type PromotionCode = Stored<Stripe.PromotionCode>;

const createParams = schema(
  {
    active: boolean,
    code: atMost(500),
    customer: text,
    expires_at: integer,
    max_redemptions: positive,
    metadata,
    promotion: hashOf(schema({ coupon: text, type: oneOf("coupon") }, ["type"])),
    restrictions: hashOf(
      schema({ first_time_transaction: boolean, minimum_amount: positive, minimum_amount_currency: currency }),
    ),
  } satisfies Fields<keyof Stripe.PromotionCodeCreateParams>,
  ["promotion"],
);
type CreateParams = ParamsOf<typeof createParams>;

function refuseContradictions(world: World, params: CreateParams): void {
  const { coupon: id } = params.promotion;
  if (id === undefined) throw missingParameter("promotion[coupon]");
  const coupon = found(world.store.coupons.find(id), "coupon", id, "promotion[coupon]");
  if (!coupon.valid) throw invalid(`Coupon expired: ${id}`, "coupon_expired", "promotion[coupon]");
  if (params.customer !== undefined) customerFromParam(world, params.customer);
  if (params.code !== undefined && !/^[A-Za-z0-9-]+$/.test(params.code)) {
    throw invalid("Promotion codes can only contain letters, digits and dashes.", undefined, "code");
  }
  if (params.code !== undefined && findPromotionCode(world, params.code)) {
    throw invalid(`An active promotion code with \`code: ${params.code}\` already exists.`, undefined, "code");
  }
  if (params.expires_at !== undefined && params.expires_at <= world.now()) {
    throw invalid("`expires_at` must be in the future.", undefined, "expires_at");
  }
  // The SDK's comments on both.
  if (coupon.max_redemptions !== null && (params.max_redemptions ?? 0) > coupon.max_redemptions)
    throw invalid(
      "`max_redemptions` cannot be greater than the coupon's `max_redemptions`.",
      undefined,
      "max_redemptions",
    );
  if (coupon.redeem_by !== null && (params.expires_at ?? 0) > coupon.redeem_by)
    throw invalid("`expires_at` cannot be after the coupon's `redeem_by`.", undefined, "expires_at");
  const { minimum_amount: minimum, minimum_amount_currency: inCurrency } = params.restrictions ?? {};
  if (minimum !== undefined && inCurrency === undefined)
    throw missingParameter("restrictions[minimum_amount_currency]");
}

function createPromotionCode(world: World, params: CreateParams): PromotionCode {
  refuseContradictions(world, params);
  const { restrictions, expires_at: until } = params;
  const code = world.store.promotionCodes.put({
    id: newId("promo"),
    object: "promotion_code",
    active: params.active ?? true,
    code: params.code ?? newId("", 8).slice(1).toUpperCase(),
    created: world.now(),
    customer: params.customer ?? null,
    customer_account: null,
    expires_at: until ?? null,
    livemode: false,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergeMetadata({}, params.metadata),
    promotion: { coupon: params.promotion.coupon ?? null, type: "coupon" },
    restrictions: {
      first_time_transaction: restrictions?.first_time_transaction ?? false,
      minimum_amount: restrictions?.minimum_amount ?? null,
      minimum_amount_currency: restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  });
  world.emit("promotion_code.created", code);
  if (until !== undefined) world.schedule("expire_promotion_code", code.id, until * 1000);
  return code;
}

function getPromotionCode(world: World, id: string): PromotionCode {
  return found(world.store.promotionCodes.find(id), "promotion code", id);
}

const updateParams = schema({ active: boolean, metadata } satisfies Fields<keyof Stripe.PromotionCodeUpdateParams>);

/** A code that has run out stays off: one is active only while its coupon is valid. */
function updatePromotionCode(world: World, id: string, params: ParamsOf<typeof updateParams>): PromotionCode {
  const before = getPromotionCode(world, id);
  const { max_redemptions: most, times_redeemed: times, expires_at: until, promotion } = before;
  const over = times === most || (until !== null && until <= world.now());
  if (params.active && (over || !world.store.coupons.find(promotion.coupon)?.valid)) {
    throw invalid("This promotion code has run out and cannot be activated again.", undefined, "active");
  }
  const patch = { active: params.active ?? before.active, metadata: mergeMetadata(before.metadata, params.metadata) };
  return world.update("promotionCodes", id, patch, "promotion_code.updated");
}

const listFilters = { active: boolean, code: text, coupon: text, customer: text };

export const promotionCodeRoutes: Route[] = [
  route("POST", "/v1/promotion_codes", createParams, createPromotionCode),
  listRoute("/v1/promotion_codes", "promotion code", listFilters, (world, { active, code, coupon, customer }) =>
    choose(
      world.store.promotionCodes,
      { customer, active },
      (row) =>
        (code === undefined || row.code.toUpperCase() === code.toUpperCase()) &&
        (coupon === undefined || row.promotion.coupon === coupon),
    ),
  ),
  route("GET", "/v1/promotion_codes/:id", schema({}), (world, _, { id }) => getPromotionCode(world, id)),
  route("POST", "/v1/promotion_codes/:id", updateParams, (world, params, { id }) =>
    updatePromotionCode(world, id, params),
  ),
];
