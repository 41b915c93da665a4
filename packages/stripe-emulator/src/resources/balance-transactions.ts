import type Stripe from "stripe";
import { noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { atMost, type Fields, mergeMetadata, metadata, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { adjustBalance } from "../billing/balance.ts";
import type { World } from "../world.ts";
import { currency, signedAmount } from "./price-params.ts";

const createParams = schema(
  { amount: signedAmount, currency, description: atMost(350), metadata } satisfies Fields<
    keyof Stripe.CustomerCreateBalanceTransactionParams
  >,
  ["amount", "currency"],
);

function getCustomer(world: World, id: string): string {
  if (!world.store.customers.find(id)) throw noSuch("customer", id);
  return id;
}

export const balanceTransactionRoutes: Route[] = [
  route("POST", "/v1/customers/:id/balance_transactions", createParams, (world, params, { id }) =>
    adjustBalance(world, getCustomer(world, id), {
      ...params,
      type: "adjustment",
      metadata: mergeMetadata({}, params.metadata),
    }),
  ),
  listRoute("/v1/customers/:id/balance_transactions", "balance transaction", {}, (world, _, { id }) => {
    const customer = getCustomer(world, id);
    return world.store.balanceTransactions.all().filter((row) => row.customer === customer);
  }),
  route(
    "GET",
    "/v1/customers/:id/balance_transactions/:transaction",
    schema({}),
    (world, _, { id, transaction = "" }) => {
      const row = world.store.balanceTransactions.find(transaction);
      if (!row || row.customer !== id) throw noSuch("balance transaction", transaction);
      return row;
    },
  ),
];
