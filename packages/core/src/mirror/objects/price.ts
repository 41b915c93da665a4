import type Stripe from "stripe";
import { requiredIdOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { metadataOf, timestamp } from "../projection.ts";

export const price = mirrored({
  object: "price",
  table: "prices",
  path: "/v1/prices",
  expand: ["currency_options"],
  project: (price: Stripe.Price, deleted) => ({
    row: {
      type: price.type,
      active: deleted ? false : price.active,
      currency: price.currency,
      metadata: metadataOf(price.metadata),
      nickname: price.nickname,
      created_at: timestamp(price.created),
      lookup_key: price.lookup_key,
      product_id: requiredIdOf(price.product),
      usage_type: price.recurring?.usage_type ?? null,
      unit_amount: price.unit_amount,
      tax_behavior: price.tax_behavior ?? null,
      currency_options: amountsOf(price),
      trial_period_days: price.recurring?.trial_period_days ?? null,
      recurring_interval: price.recurring?.interval ?? null,
      transform_quantity: price.transform_quantity ?? null,
      unit_amount_decimal: price.unit_amount_decimal?.toString() ?? null,
      recurring_interval_count: price.recurring?.interval_count ?? null,
    },
  }),
  isForgotten: () => true,
  // Stripe leaves them out of its events, and of answers unless they are asked for.
  isCut: ({ currency_options: options }) => !options,
  listed: { by: "created", query: { expand: ["data.currency_options"] } },
  events: {
    "price.created": {},
    "price.updated": {},
    "price.deleted": { deleted: true },
  },
});

function amountsOf({ currency_options: options }: Stripe.Price) {
  const amounts = Object.entries(options ?? {}).map(
    ([currency, { unit_amount, unit_amount_decimal: decimal, tax_behavior }]) => {
      return [currency, { unit_amount, tax_behavior, unit_amount_decimal: decimal?.toString() ?? null }];
    },
  );
  return Object.fromEntries(amounts);
}
