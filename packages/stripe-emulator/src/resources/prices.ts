import type Stripe from "stripe";
import { found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { planOf } from "../billing/subscription.ts";
import { previousAttributes } from "../events/previous-attributes.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type Model, modelOf, modelParams, refuseTiersIn } from "./price-models.ts";
import { priceOptions, refuseTaxChange } from "./price-options.ts";
import { currency, currencyOptions, interval, productData, recurring, taxBehavior } from "./price-params.ts";
import { createProduct } from "./product-creation.ts";

export type Price = Stored<Stripe.Price>;

const attributes = {
  active: boolean,
  lookup_key: atMost(200),
  metadata,
  nickname: text,
  tax_behavior: taxBehavior,
  transfer_lookup_key: boolean,
} satisfies Fields<keyof Stripe.PriceUpdateParams>;

const createParams = schema(
  {
    ...attributes,
    currency,
    currency_options: currencyOptions,
    ...modelParams,
    product: text,
    product_data: productData,
    recurring,
  } satisfies Fields<keyof Stripe.PriceCreateParams>,
  ["currency"],
);

/** Three years, in each interval: the SDK's comment on `interval_count`. */
const LONGEST = { day: 1095, week: 156, month: 36, year: 3 };

/** @param within the parameter that all of these are in */
export function createPrice(
  world: World,
  params: ParamsOf<typeof createParams>,
  id = newId("price"),
  within?: string,
): Price {
  if (world.store.prices.find(id)) throw invalid("Price already exists.", "resource_already_exists", "id");
  const { tiers, ...draft } = draftPrice(world, params, id, within);
  const options = priceOptions({}, params.currency_options ?? {}, params.currency);
  takeLookupKey(world, id, params);
  const product = params.product ?? (params.product_data && createProduct(world, params.product_data).id);
  if (product === undefined) throw missingParameter("product");
  if (tiers) world.store.priceTiers.put({ id, tiers });
  if (params.currency_options) world.store.currencyOptions.put({ id, options });
  return putPrice(world, { ...draft, product });
}

/** A price that is not written down, nor has its product yet. */
export function draftPrice(
  world: World,
  params: ParamsOf<typeof createParams>,
  id: string,
  within?: string,
): Omit<Price, "product"> & { tiers: Model["tiers"] } {
  const named = (name: string) => (within === undefined ? name : `${within}[${name}]`);
  if (params.product !== undefined && params.product_data)
    throw invalid(`You may only specify one of these parameters: ${named("product")}, ${named("product_data")}.`);
  const model = modelOf(params, named);
  refuseTiersIn(model.tiers, params.currency_options);
  if (params.product !== undefined && !world.store.products.find(params.product))
    throw noSuch("product", params.product, named("product"));
  const period = params.recurring;
  if (period && (period.interval_count ?? 1) > LONGEST[period.interval])
    throw invalid(
      "The interval of a price can be three years at most.",
      undefined,
      `${named("recurring")}[interval_count]`,
    );
  const metered = meterOf(world, period);
  return {
    id,
    object: "price",
    active: params.active ?? true,
    created: world.now(),
    currency: params.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: params.lookup_key ?? null,
    metadata: mergeMetadata({}, params.metadata),
    nickname: params.nickname ?? null,
    recurring: period
      ? {
          interval: period.interval,
          interval_count: period.interval_count ?? 1,
          trial_period_days: period.trial_period_days ?? null,
          ...metered,
        }
      : null,
    tax_behavior: params.tax_behavior ?? "unspecified",
    type: period ? "recurring" : "one_time",
    ...model,
  };
}

export function putPrice(world: World, price: Price): Price {
  world.store.prices.put(price);
  if (price.recurring) world.emit("plan.created", planOf(price));
  world.emit("price.created", price);
  return price;
}

/** Prices by use count on a meter (https://docs.stripe.com/changelog/basil/2025-03-31/deprecate-legacy-usage-based-billing). */
function meterOf(
  { store }: World,
  recurring: ParamsOf<typeof createParams>["recurring"],
): { meter: string | null; usage_type: "licensed" | "metered" } {
  const { meter, usage_type: usage = "licensed" } = recurring ?? {};
  if (meter !== undefined && !store.meters.find(meter)) throw noSuch("meter", meter, "recurring[meter]");
  if (usage === "metered" && meter === undefined) throw missingParameter("recurring[meter]");
  return { meter: meter ?? null, usage_type: usage };
}

interface LookupKeyParams {
  lookup_key?: string | undefined;
  transfer_lookup_key?: boolean | undefined;
}

/** One price holds a lookup key; `transfer_lookup_key` takes it from the one that has it. */
function takeLookupKey(
  world: World,
  id: string,
  { lookup_key: key, transfer_lookup_key: transfer }: LookupKeyParams,
): void {
  if (key === undefined) return;
  const holder = world.store.prices.all().find((price) => price.lookup_key === key && price.id !== id);
  if (!holder) return;
  if (!transfer) throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, undefined, "lookup_key");
  world.update("prices", holder.id, { lookup_key: null }, "price.updated");
}

function getPrice(world: World, id: string): Price {
  return found(world.store.prices.find(id), "price", id, "price", 404);
}

/** The price of an id that a parameter named; 400 when there is none, or it or its product is archived. */
export function activePriceFromParam(world: World, id: string, param: string): Price {
  const price = found(world.store.prices.find(id), "price", id, param);
  if (!price.active) {
    throw invalid("The price specified is inactive. This field only accepts active prices.", undefined, param);
  }
  if (world.store.products.find(price.product)?.active === false) {
    const message = `Price \`${id}\` is not available to be purchased because its product is not active.`;
    throw invalid(message, undefined, param);
  }
  return price;
}

function updatePrice(world: World, id: string, params: ParamsOf<typeof updateParams>): Price {
  const before = getPrice(world, id);
  const { metadata: change, transfer_lookup_key: _transfer, currency_options: asked, ...plain } = params;
  refuseTaxChange(before.tax_behavior, plain.tax_behavior, "tax_behavior");
  refuseTiersIn(world.store.priceTiers.find(id)?.tiers, asked ?? undefined);
  if (asked) {
    const options = priceOptions(world.store.currencyOptions.find(id)?.options ?? {}, asked, before.currency);
    world.store.currencyOptions.put({ id, options });
  } else if (asked === null) world.store.currencyOptions.delete(id);
  takeLookupKey(world, id, params);
  return changePrice(world, id, plain, change);
}

/** Changes a price; a recurring one is known as a plan too, and both names have an event. */
export function changePrice(
  world: World,
  id: string,
  patch: Partial<Price>,
  change: Stripe.Metadata | null | undefined,
): Price {
  const before = getPrice(world, id);
  // https://github.com/polarsource/polar/pull/5350
  if (patch.active === false && world.store.products.find(before.product)?.default_price === id)
    throw invalid("This price cannot be archived because it is the default price of its product.");
  const after = { ...before, ...patch, metadata: mergeMetadata(before.metadata, change) };
  const previous = before.recurring ? previousAttributes(planOf(before), planOf(after)) : undefined;
  if (previous) world.emit("plan.updated", planOf(after), previous);
  return world.update("prices", id, after, "price.updated");
}

/** Prices are deleted by their older name only: those that recur are plans. */
export function deletePrice(world: World, price: Price): void {
  world.store.prices.delete(price.id);
  world.store.currencyOptions.delete(price.id);
  world.store.priceTiers.delete(price.id);
  world.emit("plan.deleted", planOf(price));
  world.emit("price.deleted", price);
}

const updateParams = schema({ ...attributes, currency_options: clearable(currencyOptions) } satisfies Fields<
  keyof Stripe.PriceUpdateParams
>);

const listFilters = {
  active: boolean,
  currency,
  lookup_keys: arrayOf(text),
  product: text,
  type: oneOf("one_time", "recurring"),
  recurring: hashOf(schema({ interval })),
};

export const priceRoutes: Route[] = [
  route("POST", "/v1/prices", createParams, (world, params) => createPrice(world, params)),
  listRoute(
    "/v1/prices",
    "price",
    listFilters,
    (world, { active, currency, product, type, recurring, lookup_keys: keys }) =>
      choose(
        world.store.prices,
        { active, currency, product, type },
        (row) =>
          !world.store.inlinePrices.find(row.id) &&
          (!recurring?.interval || row.recurring?.interval === recurring.interval) &&
          (!keys || (row.lookup_key !== null && keys.includes(row.lookup_key))),
      ),
  ),
  route("GET", "/v1/prices/:id", schema({}), (world, _, { id }) => getPrice(world, id)),
  route("POST", "/v1/prices/:id", updateParams, (world, params, { id }) => updatePrice(world, id, params)),
];
