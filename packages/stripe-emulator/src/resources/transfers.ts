import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { clearable, type Fields, mergeMetadata, metadata, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { reverseTransfer, type Transfer, type TransferReversal, transfer } from "../billing/transferring.ts";
import type { World } from "../world.ts";
import { refuseShortFunds } from "./funds.ts";
import { count, currency } from "./price-params.ts";

const createParams = schema(
  {
    amount: count,
    currency,
    description: text,
    destination: text,
    metadata,
    source_type: oneOf("card"),
    transfer_group: text,
  } satisfies Fields<keyof Stripe.TransferCreateParams>,
  ["amount", "currency", "destination"],
);

function createTransfer(world: World, params: ParamsOf<typeof createParams>): Transfer {
  const { id: destination } = found(
    world.store.connectedAccounts.find(params.destination),
    "destination",
    params.destination,
    "destination",
  );
  refuseShortFunds(world, params);
  return transfer(world, {
    amount: params.amount,
    currency: params.currency,
    description: params.description ?? null,
    destination,
    metadata: mergeMetadata({}, params.metadata),
    transfer_group: params.transfer_group ?? null,
  });
}

const getTransfer = (world: World, id: string) => found(world.store.transfers.find(id), "transfer", id);

const reversalParams = schema({ amount: count, metadata } satisfies Fields<keyof Stripe.TransferCreateReversalParams>);

function createReversal(world: World, id: string, params: ParamsOf<typeof reversalParams>): TransferReversal {
  const before = getTransfer(world, id);
  const left = before.amount - before.amount_reversed;
  if (left === 0) throw invalid(`Transfer ${id} is already fully reversed.`);
  const amount = params.amount ?? left;
  if (amount > left) {
    const message = `The amount to reverse (${amount}) is greater than what is left of the transfer (${left}).`;
    throw invalid(message, "amount_too_large", "amount");
  }
  return reverseTransfer(world, before, { amount, metadata: mergeMetadata({}, params.metadata) });
}

const getReversal = (world: World, id: string, reversal: string) =>
  found(
    getTransfer(world, id).reversals.data.find((row) => row.id === reversal),
    "transfer reversal",
    reversal,
  );

const updateParams = schema({ description: clearable(text), metadata } satisfies Fields<
  keyof Stripe.TransferUpdateParams
>);

export const transferRoutes: Route[] = [
  route("POST", "/v1/transfers", createParams, createTransfer),
  listRoute(
    "/v1/transfers",
    "transfer",
    { destination: text, transfer_group: text },
    (world, { destination, transfer_group }) => choose(world.store.transfers, { destination, transfer_group }),
  ),
  route("GET", "/v1/transfers/:id", schema({}), (world, _, { id }) => getTransfer(world, id)),
  route("POST", "/v1/transfers/:id", updateParams, (world, { metadata: change, ...plain }, { id }) =>
    world.update(
      "transfers",
      id,
      { ...plain, metadata: mergeMetadata(getTransfer(world, id).metadata, change) },
      "transfer.updated",
    ),
  ),
  route("POST", "/v1/transfers/:id/reversals", reversalParams, (world, params, { id }) =>
    createReversal(world, id, params),
  ),
  listRoute("/v1/transfers/:id/reversals", "transfer reversal", {}, (world, _, { id }) =>
    [...getTransfer(world, id).reversals.data].reverse(),
  ),
  route("GET", "/v1/transfers/:id/reversals/:reversal", schema({}), (world, _, { id, reversal }) =>
    getReversal(world, id, reversal),
  ),
  route("POST", "/v1/transfers/:id/reversals/:reversal", schema({ metadata }), (world, { metadata: change }, named) => {
    const before = getReversal(world, named.id, named.reversal);
    const after = { ...before, metadata: mergeMetadata(before.metadata, change) };
    const { reversals } = getTransfer(world, named.id);
    const data = reversals.data.map((row) => (row.id === after.id ? after : row));
    world.update("transfers", named.id, { reversals: { ...reversals, data } }, "transfer.updated");
    return after;
  }),
];
