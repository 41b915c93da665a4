import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { type Projection, timestamp } from "../change.ts";

export function projectProduct(product: Stripe.Product, deleted = false): Projection {
  return {
    object: "product",
    object_id: product.id,
    row: {
      name: product.name,
      description: product.description,
      active: product.active && !deleted,
      default_price_id: idOf(product.default_price),
      images: product.images ?? [],
      marketing_features: (product.marketing_features ?? []).flatMap((feature) => feature.name ?? []),
      metadata: product.metadata ?? {},
      created_at: timestamp(product.created),
    },
    rank: 0,
    deleted,
  };
}
