import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

export function projectPrice(price: Stripe.Price, deleted = false): Projection {
  return {
    object: "price",
    object_id: price.id,
    row: {
      product_id: idOf(price.product) ?? "",
      active: price.active && !deleted,
      nickname: price.nickname,
      lookup_key: price.lookup_key,
      currency: price.currency,
      type: price.type,
      unit_amount: price.unit_amount,
      recurring_interval: price.recurring?.interval ?? null,
      recurring_interval_count: price.recurring?.interval_count ?? null,
      trial_period_days: price.recurring?.trial_period_days ?? null,
      metadata: price.metadata ?? {},
      created_at: timestamp(price.created),
    },
    rank: 0,
    deleted,
  };
}
