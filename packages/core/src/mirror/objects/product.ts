import type Stripe from "stripe";
import { idOf } from "../../stripe/index.ts";
import { mirrored } from "../declare.ts";
import { metadataOf, timestamp } from "../projection.ts";

export const product = mirrored({
  object: "product",
  table: "products",
  path: "/v1/products",
  project: (product: Stripe.Product, deleted) => ({
    row: {
      name: product.name,
      active: deleted ? false : product.active,
      images: product.images ?? [],
      metadata: metadataOf(product.metadata),
      created_at: timestamp(product.created),
      description: product.description,
      default_price_id: idOf(product.default_price),
      marketing_features: (product.marketing_features ?? []).flatMap((feature) => feature.name ?? []),
    },
  }),
  isForgotten: () => true,
  listed: { by: "created" },
  events: {
    "product.created": {},
    "product.updated": {},
    "product.deleted": { deleted: true },
  },
});
