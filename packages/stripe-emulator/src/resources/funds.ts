import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { atMost, type Fields, mergeMetadata, metadata, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { balanceOf } from "../billing/funds.ts";
import { canBePaidOut } from "../billing/money.ts";
import { available, cancelPayout, type Payout, payOut } from "../billing/paying-out.ts";
import type { World } from "../world.ts";
import { count, currency } from "./price-params.ts";

const payoutParams = schema(
  {
    amount: count,
    currency,
    description: text,
    metadata,
    method: oneOf("instant", "standard"),
    source_type: oneOf("card"),
    statement_descriptor: atMost(22),
  } satisfies Fields<keyof Stripe.PayoutCreateParams>,
  ["amount", "currency"],
);

/** Stripe's 400 for more than the balance has. */
export function refuseShortFunds(
  world: World,
  { amount, currency: of }: Pick<ParamsOf<typeof payoutParams>, "amount" | "currency">,
): void {
  if (amount <= available(world, of)) return;
  const message =
    "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.  You can use the the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).";
  throw invalid(message, "balance_insufficient");
}

function createPayout(world: World, params: ParamsOf<typeof payoutParams>): Payout {
  if (!canBePaidOut(params.amount, params.currency)) {
    const message = `Payouts in ${params.currency} must be evenly divisible by 100. See https://stripe.com/docs/currencies#special-cases for more information.`;
    throw invalid(message, "invalid_charge_amount", "amount");
  }
  refuseShortFunds(world, params);
  return payOut(world, {
    amount: params.amount,
    currency: params.currency,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    method: params.method ?? "standard",
    statement_descriptor: params.statement_descriptor ?? null,
  });
}

const getPayout = (world: World, id: string) => found(world.store.payouts.find(id), "payout", id);

/** The account's own money: its balance, what led to it, and what was paid out. */
export const fundRoutes: Route[] = [
  route("GET", "/v1/balance", schema({}), balanceOf),
  listRoute(
    "/v1/balance_transactions",
    "balance transaction",
    { currency, source: text, type: text },
    (world, { currency: kept, source, type }) => choose(world.store.funds, { currency: kept, source, type }),
  ),
  route("GET", "/v1/balance_transactions/:id", schema({}), (world, _, { id }) =>
    found(world.store.funds.find(id), "balance transaction", id),
  ),
  route("POST", "/v1/payouts", payoutParams, createPayout),
  listRoute("/v1/payouts", "payout", { status: oneOf("pending", "paid", "failed", "canceled") }, (world, { status }) =>
    choose(world.store.payouts, { status }),
  ),
  route("GET", "/v1/payouts/:id", schema({}), (world, _, { id }) => getPayout(world, id)),
  route("POST", "/v1/payouts/:id", schema({ metadata }), (world, { metadata: change }, { id }) => {
    const merged = mergeMetadata(getPayout(world, id).metadata, change);
    return world.update("payouts", id, { metadata: merged }, "payout.updated");
  }),
  route("POST", "/v1/payouts/:id/cancel", schema({}), (world, _, { id }) => {
    const payout = getPayout(world, id);
    if (payout.status !== "pending")
      throw invalid("Payouts can only be canceled while they are pending.", "payouts_not_allowed");
    return cancelPayout(world, payout);
  }),
];
