import type Stripe from "stripe";
import { requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { metadataOf, timestamp } from "../projection.ts";

export const price = mirrored({
  object: "price",
  table: "prices",
  path: "/v1/prices",
  project: (price: Stripe.Price, deleted) => ({
    row: {
      product_id: requiredIdOf(price.product),
      active: deleted ? false : price.active,
      nickname: price.nickname,
      lookup_key: price.lookup_key,
      currency: price.currency,
      type: price.type,
      unit_amount: price.unit_amount,
      recurring_interval: price.recurring?.interval ?? null,
      recurring_interval_count: price.recurring?.interval_count ?? null,
      trial_period_days: price.recurring?.trial_period_days ?? null,
      usage_type: price.recurring?.usage_type ?? null,
      tax_behavior: price.tax_behavior ?? null,
      metadata: metadataOf(price.metadata),
      created_at: timestamp(price.created),
    },
  }),
  isForgotten: () => true,
  listed: { by: "created" },
  events: {
    "price.created": {},
    "price.updated": {},
    "price.deleted": { deleted: true },
  },
});
