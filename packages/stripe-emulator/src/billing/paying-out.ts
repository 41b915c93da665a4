import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { balanceOf, bookFunds } from "./funds.ts";

export type Payout = Stored<Stripe.Payout>;

const DAY = 86_400;

/** What can be paid out of the balance, in the currency's smallest unit. */
export const available = (world: World, currency: string): number =>
  balanceOf(world).available.find((sum) => sum.currency === currency)?.amount ?? 0;

/** Sends money to the account's bank: there the next day, or (instant) within half an hour (https://docs.stripe.com/payouts). */
export function payOut(
  world: World,
  asked: Pick<Payout, "amount" | "currency" | "description" | "metadata" | "method" | "statement_descriptor">,
): Payout {
  const id = newId("po");
  return world.onClock(null, () => {
    const { id: transaction } = bookFunds(world, {
      amount: -asked.amount,
      currency: asked.currency,
      fee: 0,
      description: asked.description ?? "STRIPE PAYOUT",
      source: id,
      type: "payout",
      category: "payout",
    });
    const arrival = asked.method === "instant" ? world.now() : (Math.floor(world.now() / DAY) + 1) * DAY;
    const payout = world.store.payouts.put({
      ...asked,
      id,
      object: "payout",
      application_fee: null,
      application_fee_amount: null,
      arrival_date: arrival,
      automatic: false,
      balance_transaction: transaction,
      created: world.now(),
      destination: "ba_emulator",
      failure_balance_transaction: null,
      failure_code: null,
      failure_message: null,
      livemode: false,
      original_payout: null,
      payout_method: null,
      reconciliation_status: "not_applicable",
      reversed_by: null,
      source_type: "card",
      status: "pending",
      trace_id: null,
      type: "bank_account",
    });
    world.emit("payout.created", payout);
    world.schedule("arrive_payout", id, arrival * 1000);
    return payout;
  });
}

export function arrivePayout(world: World, id: string): void {
  if (world.store.payouts.find(id)?.status !== "pending") return;
  world.emit("payout.paid", world.update("payouts", id, { status: "paid" }, "payout.updated"));
}

/** The money comes back to the balance. */
export function cancelPayout(world: World, { id, amount, currency }: Payout): Payout {
  world.unschedule("arrive_payout", id);
  const { id: transaction } = bookFunds(world, {
    amount,
    currency,
    fee: 0,
    description: "PAYOUT CANCEL",
    source: id,
    type: "payout_cancel",
    category: "payout_reversal",
  });
  const canceled = world.update("payouts", id, { status: "canceled", failure_balance_transaction: transaction });
  world.emit("payout.canceled", canceled);
  return canceled;
}
