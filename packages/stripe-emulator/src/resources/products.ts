import type Stripe from "stripe";
import { ApiError, found, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { defaultPriceData } from "./price-params.ts";
import { createPrice } from "./prices.ts";
import { createProduct } from "./product-creation.ts";

type Product = Stored<Stripe.Product>;

const attributes = {
  active: boolean,
  description: clearable(atMost(40_000)),
  images: arrayOf(text, 8),
  marketing_features: arrayOf(hashOf(schema({ name: atMost(80) }, ["name"])), 15),
  metadata,
  name: text,
  shippable: boolean,
  statement_descriptor: clearable(atMost(22)),
  tax_code: clearable(text),
  unit_label: clearable(atMost(12)),
  url: clearable(text),
} satisfies Fields<keyof Stripe.ProductUpdateParams>;

const createParams = schema(
  { ...attributes, id: text, type: ignored, default_price_data: defaultPriceData } satisfies Fields<
    keyof Stripe.ProductCreateParams
  >,
  ["name"],
);

const updateParams = schema({ ...attributes, default_price: text } satisfies Fields<keyof Stripe.ProductUpdateParams>);

export function createWithPrice(
  world: World,
  { default_price_data: priceData, type: _type, ...draft }: ParamsOf<typeof createParams>,
): Product {
  const product = createProduct(world, draft);
  if (!priceData) return product;
  const price = createPrice(world, { ...priceData, product: product.id }, undefined, "default_price_data");
  return world.update("products", product.id, { default_price: price.id }, "product.updated");
}

function getProduct(world: World, id: string): Product {
  return found(world.store.products.find(id), "product", id);
}

function updateProduct(world: World, id: string, params: ParamsOf<typeof updateParams>): Product {
  const { metadata: change, ...plain } = params;
  const before = getProduct(world, id);
  if (plain.default_price !== undefined && world.store.prices.find(plain.default_price)?.product !== id) {
    throw noSuch("price", plain.default_price, "default_price");
  }
  const patch = { ...plain, metadata: mergeMetadata(before.metadata, change), updated: world.now() };
  return world.update("products", id, patch, "product.updated");
}

function deleteProduct(world: World, id: string): Stripe.DeletedProduct {
  const product = getProduct(world, id);
  if (world.store.prices.all().some((price) => price.product === id)) {
    const message = "This product cannot be deleted because it has one or more user-created prices.";
    throw new ApiError(400, { type: "invalid_request_error", message });
  }
  world.store.products.delete(id);
  world.emit("product.deleted", product);
  return { id, object: "product", deleted: true };
}

const listFilters = { active: boolean, ids: arrayOf(text), type: oneOf("service", "good") };

export const productRoutes: Route[] = [
  route("POST", "/v1/products", createParams, createWithPrice),
  listRoute("/v1/products", "product", listFilters, (world, { active, ids, type }) =>
    choose(world.store.products, { active, type }, ({ id }) => ids === undefined || ids.includes(id)),
  ),
  route("GET", "/v1/products/:id", schema({}), (world, _, { id }) => getProduct(world, id)),
  route("POST", "/v1/products/:id", updateParams, (world, params, { id }) => updateProduct(world, id, params)),
  route("DELETE", "/v1/products/:id", schema({}), (world, _, { id }) => deleteProduct(world, id)),
];
