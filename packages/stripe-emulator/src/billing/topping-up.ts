import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { bookFunds } from "./funds.ts";

export type Topup = Stored<Stripe.Topup>;

/** Money of the account's owner on its way to the balance: it is there a little later (https://docs.stripe.com/connect/top-ups). */
export function topUp(
  world: World,
  asked: Pick<Topup, "amount" | "currency" | "description" | "metadata" | "statement_descriptor" | "transfer_group">,
): Topup {
  return world.onClock(null, () => {
    const arrival = world.nowMs() + world.settleDelayMs;
    const topup = world.store.topups.put({
      ...asked,
      id: newId("tu"),
      object: "topup",
      balance_transaction: null,
      created: world.now(),
      expected_availability_date: Math.floor(arrival / 1000),
      failure_code: null,
      failure_message: null,
      initiated_by: "user",
      livemode: false,
      payment_method: null,
      source: null,
      status: "pending",
    });
    world.emit("topup.created", topup);
    world.schedule("arrive_topup", topup.id, arrival);
    return topup;
  });
}

/** It can be paid out now. */
export function arriveTopup(world: World, id: string): void {
  const { amount, currency, description } = world.store.topups.get(id);
  const { id: transaction } = bookFunds(world, {
    amount,
    currency,
    fee: 0,
    description,
    source: id,
    type: "topup",
    category: "topup",
  });
  world.update("topups", id, { status: "succeeded", balance_transaction: transaction }, "topup.succeeded");
}

export function cancelTopup(world: World, id: string): Topup {
  world.unschedule("arrive_topup", id);
  return world.update("topups", id, { status: "canceled" }, "topup.canceled");
}
