import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  atMost,
  clearable,
  type Fields,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancelTopup, type Topup, topUp } from "../billing/topping-up.ts";
import type { World } from "../world.ts";
import { count, currency } from "./price-params.ts";

const createParams = schema(
  {
    amount: count,
    currency,
    description: text,
    metadata,
    statement_descriptor: atMost(15),
    transfer_group: text,
  } satisfies Fields<keyof Stripe.TopupCreateParams>,
  ["amount", "currency"],
);

const createTopup = (world: World, params: ParamsOf<typeof createParams>): Topup =>
  topUp(world, {
    amount: params.amount,
    currency: params.currency,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    statement_descriptor: params.statement_descriptor ?? null,
    transfer_group: params.transfer_group ?? null,
  });

const getTopup = (world: World, id: string): Topup => found(world.store.topups.find(id), "topup", id);

const updateParams = schema({ description: clearable(text), metadata } satisfies Fields<
  keyof Stripe.TopupUpdateParams
>);
const listFilters = { status: oneOf("canceled", "failed", "pending", "succeeded") };

export const topupRoutes: Route[] = [
  route("POST", "/v1/topups", createParams, createTopup),
  listRoute("/v1/topups", "topup", listFilters, (world, { status }) => choose(world.store.topups, { status })),
  route("GET", "/v1/topups/:id", schema({}), (world, _, { id }) => getTopup(world, id)),
  route("POST", "/v1/topups/:id", updateParams, (world, { metadata: change, ...plain }, { id }) =>
    world.update("topups", id, { ...plain, metadata: mergeMetadata(getTopup(world, id).metadata, change) }),
  ),
  route("POST", "/v1/topups/:id/cancel", schema({}), (world, _, { id }) => {
    const { status } = getTopup(world, id);
    if (status === "pending") return cancelTopup(world, id);
    throw invalid(`Top-ups can only be canceled while they are pending. This one is ${status}.`);
  }),
];
