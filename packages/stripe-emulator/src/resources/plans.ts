import type Stripe from "stripe";
import { missingParameter, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
  atMost,
  boolean,
  type Fields,
  hashOf,
  metadata,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { planOf } from "../billing/subscription.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { modelParams } from "./price-models.ts";
import { amount, count, currency, decimal, interval, trialDays } from "./price-params.ts";
import { changePrice, createPrice, deletePrice, type Price } from "./prices.ts";
import { createProduct } from "./product-creation.ts";

type Plan = Stored<Stripe.Plan>;

const newProduct = schema(
  {
    active: boolean,
    id: text,
    metadata,
    name: text,
    statement_descriptor: atMost(22),
    tax_code: text,
    unit_label: atMost(12),
  } satisfies Fields<keyof Stripe.PlanCreateParams.Product>,
  ["name"],
);

/** A product's id, or what to make one from. */
const productOrNew: Reader<string | ParamsOf<typeof newProduct>> = (value, param) =>
  typeof value === "string" ? text(value, param) : hashOf(newProduct)(value, param);

const attributes = {
  active: boolean,
  metadata,
  nickname: text,
  trial_period_days: trialDays,
} satisfies Fields<keyof Stripe.PlanUpdateParams>;

const createParams = schema(
  {
    ...attributes,
    amount,
    amount_decimal: decimal,
    billing_scheme: modelParams.billing_scheme,
    currency,
    id: text,
    interval,
    interval_count: count,
    product: productOrNew,
    tiers: modelParams.tiers,
    tiers_mode: modelParams.tiers_mode,
    transform_usage: modelParams.transform_quantity,
    usage_type: oneOf("licensed"),
  } satisfies Fields<keyof Stripe.PlanCreateParams>,
  ["currency", "interval"],
);

function createPlan(world: World, params: ParamsOf<typeof createParams>): Plan {
  const {
    id = newId("plan"),
    amount: unit,
    amount_decimal: unitDecimal,
    transform_usage: packages,
    interval,
    interval_count = 1,
    trial_period_days,
    product,
    ...plain
  } = params;
  if (unit === undefined && unitDecimal === undefined && plain.billing_scheme !== "tiered")
    throw missingParameter("amount");
  if (product === undefined) throw missingParameter("product");
  const { usage_type: _licensed, ...shared } = plain;
  const price = createPrice(
    world,
    {
      ...shared,
      unit_amount: unit,
      unit_amount_decimal: unitDecimal,
      transform_quantity: packages,
      product: typeof product === "string" ? product : createProduct(world, product).id,
      recurring: { interval, interval_count, trial_period_days },
    },
    id,
  );
  return planOf(price);
}

function getPlanPrice(world: World, id: string): Price {
  const price = world.store.prices.find(id);
  if (!price?.recurring) throw noSuch("plan", id, "plan", 404);
  return price;
}

function updatePlan(world: World, id: string, params: ParamsOf<typeof updateParams>): Plan {
  const { recurring } = getPlanPrice(world, id);
  const { trial_period_days: days, metadata: change, ...plain } = params;
  const trial = recurring && days !== undefined ? { recurring: { ...recurring, trial_period_days: days } } : {};
  return planOf(changePrice(world, id, { ...plain, ...trial }, change));
}

const updateParams = schema(attributes);
const listFilters = { active: boolean, product: text };

/** Plans are the older name of recurring prices, and share their ids. */
export const planRoutes: Route[] = [
  route("POST", "/v1/plans", createParams, createPlan),
  listRoute("/v1/plans", "plan", listFilters, (world, { active, product }) =>
    world.store.prices
      .all()
      .filter((row) => row.recurring)
      .filter((row) => active === undefined || row.active === active)
      .filter((row) => product === undefined || row.product === product)
      .map(planOf),
  ),
  route("GET", "/v1/plans/:id", schema({}), (world, _, { id }) => planOf(getPlanPrice(world, id))),
  route("POST", "/v1/plans/:id", updateParams, (world, params, { id }) => updatePlan(world, id, params)),
  route("DELETE", "/v1/plans/:id", schema({}), (world, _, { id }) => {
    deletePrice(world, getPlanPrice(world, id));
    return { id, object: "plan", deleted: true };
  }),
];
