import type Stripe from "stripe";
import { found, invalid, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { atMost, boolean, type Fields, mergeMetadata, metadata, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { activeEntitlements } from "../billing/entitling.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";

type Feature = Stripe.Entitlements.Feature;

const createParams = schema(
  { lookup_key: atMost(80), metadata, name: atMost(80) } satisfies Fields<
    keyof Stripe.Entitlements.FeatureCreateParams
  >,
  ["lookup_key", "name"],
);
const updateParams = schema({ active: boolean, metadata, name: atMost(80) } satisfies Fields<
  keyof Stripe.Entitlements.FeatureUpdateParams
>);

function getFeature(world: World, id: string, param?: string): Feature {
  return found(world.store.features.find(id), "feature", id, param);
}

const productFeatures = (world: World, product: string) => {
  if (!world.store.products.find(product)) throw noSuch("product", product);
  return world.store.productFeatures.all().filter((row) => row.product === product);
};

export const entitlementRoutes: Route[] = [
  route("POST", "/v1/entitlements/features", createParams, (world, params) => {
    if (world.store.features.all().some((row) => row.lookup_key === params.lookup_key && row.active)) {
      throw invalid("A feature with this lookup key already exists.", "resource_already_exists", "lookup_key");
    }
    return world.store.features.put({
      id: newId("feat"),
      object: "entitlements.feature",
      active: true,
      livemode: false,
      lookup_key: params.lookup_key,
      metadata: mergeMetadata({}, params.metadata),
      name: params.name,
    });
  }),
  listRoute("/v1/entitlements/features", "feature", { archived: boolean, lookup_key: text }, (world, filters) =>
    world.store.features
      .all()
      .filter(({ active }) => filters.archived === undefined || active !== filters.archived)
      .filter((row) => filters.lookup_key === undefined || row.lookup_key === filters.lookup_key),
  ),
  route("GET", "/v1/entitlements/features/:id", schema({}), (world, _, { id }) => getFeature(world, id)),
  route("POST", "/v1/entitlements/features/:id", updateParams, (world, { metadata: change, ...plain }, { id }) => {
    const before = getFeature(world, id);
    return world.update("features", id, { ...plain, metadata: mergeMetadata(before.metadata, change) });
  }),
  route(
    "POST",
    "/v1/products/:id/features",
    schema({ entitlement_feature: text }, ["entitlement_feature"]),
    (world, params, { id }) => {
      productFeatures(world, id);
      const feature = getFeature(world, params.entitlement_feature, "entitlement_feature");
      const made = {
        id: newId("prodft"),
        object: "product_feature",
        livemode: false,
        entitlement_feature: feature,
      } as const;
      const { product: _product, ...shown } = world.store.productFeatures.put({ ...made, product: id });
      return shown;
    },
  ),
  listRoute("/v1/products/:id/features", "product_feature", {}, (world, _, { id }) =>
    productFeatures(world, id).map(({ product: _product, ...shown }) => shown),
  ),
  route("DELETE", "/v1/products/:id/features/:feature", schema({}), (world, _, { id, feature }) => {
    if (!productFeatures(world, id).some((row) => row.id === feature)) throw noSuch("product_feature", feature);
    world.store.productFeatures.delete(feature);
    return { id: feature, object: "product_feature", deleted: true };
  }),
  listRoute(
    "/v1/entitlements/active_entitlements",
    "active_entitlement",
    { customer: text },
    (world, { customer = "" }) => activeEntitlements(world, customerFromParam(world, customer).id),
  ),
];
