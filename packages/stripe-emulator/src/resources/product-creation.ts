import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import { mergeMetadata } from "../api/params.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Product = Stored<Stripe.Product>;

type ProductDraft = Pick<Product, "name"> & Partial<Omit<Product, "metadata">> & { metadata?: Stripe.Metadata | null };

/** Makes a product, by itself or for a price that was asked for together with it. */
export function createProduct(world: World, draft: ProductDraft): Product {
  const { id = newId("prod", 14), metadata: given, ...plain } = draft;
  if (world.store.products.find(id)) throw invalid("Product already exists.", "resource_already_exists", "id");
  const product = world.store.products.put({
    id,
    object: "product",
    active: true,
    created: world.now(),
    default_price: null,
    description: null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata({}, given),
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: "service",
    unit_label: null,
    updated: world.now(),
    url: null,
    ...plain,
  });
  world.emit("product.created", product);
  return product;
}
