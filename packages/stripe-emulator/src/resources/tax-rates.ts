import type Stripe from "stripe";
import { found, invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  boolean,
  type Fields,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

export type TaxRate = Stored<Stripe.TaxRate>;

/** From 0 to 100, with at most 4 decimal places (the SDK's comment on `percentage`). */
const percentage: Reader<number> = (value, param) => {
  const word = text(value, param);
  const read = Number(word);
  if (/^\d{1,3}(\.\d{1,4})?$/.test(word) && read <= 100) return read;
  throw invalid("Must be a number from 0 to 100, with at most four decimals.", undefined, param);
};

const about = {
  active: boolean,
  country: text,
  description: text,
  display_name: atMost(50),
  jurisdiction: atMost(200),
  metadata,
  state: text,
  tax_type: oneOf("gst", "hst", "igst", "jct", "pst", "qst", "rst", "sales_tax", "service_tax", "vat"),
} satisfies Fields<keyof Stripe.TaxRateUpdateParams>;

const createParams = schema(
  { ...about, inclusive: boolean, percentage } satisfies Fields<keyof Stripe.TaxRateCreateParams>,
  ["display_name", "inclusive", "percentage"],
);

function createTaxRate(world: World, params: ParamsOf<typeof createParams>): TaxRate {
  const rate = world.store.taxRates.put({
    id: newId("txr"),
    object: "tax_rate",
    active: params.active ?? true,
    country: params.country ?? null,
    created: world.now(),
    description: params.description ?? null,
    display_name: params.display_name,
    effective_percentage: null,
    flat_amount: null,
    inclusive: params.inclusive,
    jurisdiction: params.jurisdiction ?? null,
    jurisdiction_level: null,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    percentage: params.percentage,
    rate_type: "percentage",
    state: params.state ?? null,
    tax_type: params.tax_type ?? null,
  });
  world.emit("tax_rate.created", rate);
  return rate;
}

const getTaxRate = (world: World, id: string): TaxRate => found(world.store.taxRates.find(id), "tax rate", id);

/** Ids of tax rates; `''`: none. */
export const taxRates = arrayOf(text);

/** How many a line can have (https://docs.stripe.com/invoicing/taxes/tax-rates#set-tax-rates-on-individual-items). */
const MOST_RATES = 10;

/**
 * The rates that a parameter names; undefined where it is not there. 400 for one that is none, or is archived: that goes on only where it is already
 * (https://docs.stripe.com/api/tax_rates/object#tax_rate_object-active).
 * @param before those that are there
 */
export function taxRatesFromParam(world: World, ids: readonly string[], param: string): TaxRate[];
export function taxRatesFromParam(
  world: World,
  ids: readonly string[] | undefined,
  param: string,
  before: readonly TaxRate[] | null | undefined,
): TaxRate[] | undefined;
export function taxRatesFromParam(
  world: World,
  ids: readonly string[] | undefined,
  param: string,
  before: readonly TaxRate[] | null = [],
): TaxRate[] | undefined {
  if (ids && ids.length > MOST_RATES)
    throw invalid(`Array ${param} exceeded maximum ${MOST_RATES} allowed elements.`, undefined, param);
  return ids?.map((id, index) => {
    const rate = world.store.taxRates.find(id);
    if (!rate) throw noSuch("tax rate", id, `${param}[${index}]`);
    if (rate.active || before?.some((each) => each.id === id)) return rate;
    throw invalid(`The tax rate ${id} is inactive and cannot be used.`, undefined, `${param}[${index}]`);
  });
}

/** Stripe's 400 for tax rates where the tax is automatic. */
export function refuseRatesBesideAutomaticTax(
  automatic: boolean,
  rates: readonly unknown[] | null | undefined,
  param: string,
): void {
  if (!automatic || !rates?.length) return;
  throw invalid("You cannot specify tax rates when automatic tax is enabled.", undefined, param);
}

export const taxRateRoutes: Route[] = [
  route("POST", "/v1/tax_rates", createParams, createTaxRate),
  listRoute("/v1/tax_rates", "tax rate", { active: boolean, inclusive: boolean }, (world, { active, inclusive }) =>
    choose(world.store.taxRates, { active, inclusive }),
  ),
  route("GET", "/v1/tax_rates/:id", schema({}), (world, _, { id }) => getTaxRate(world, id)),
  route("POST", "/v1/tax_rates/:id", schema(about), (world, { metadata: change, ...plain }, { id }) => {
    const patch = { ...plain, metadata: mergeMetadata(getTaxRate(world, id).metadata, change) };
    return world.update("taxRates", id, patch, "tax_rate.updated");
  }),
];
