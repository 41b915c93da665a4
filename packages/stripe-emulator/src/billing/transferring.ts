import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import { listOf, type Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { bookFunds } from "./funds.ts";

export type Transfer = Stored<Stripe.Transfer>;
export type TransferReversal = Stored<Stripe.TransferReversal>;

/** Money of the account's balance that is another account's from now on (https://docs.stripe.com/connect/separate-charges-and-transfers). */
export function transfer(
  world: World,
  asked: Pick<Transfer, "amount" | "currency" | "description" | "destination" | "metadata" | "transfer_group">,
): Transfer {
  const id = newId("tr");
  return world.onClock(null, () => {
    const { id: transaction } = bookFunds(world, {
      amount: -asked.amount,
      currency: asked.currency,
      fee: 0,
      description: asked.description,
      source: id,
      type: "transfer",
      category: "transfer",
    });
    const made = world.store.transfers.put({
      ...asked,
      id,
      object: "transfer",
      amount_reversed: 0,
      balance_transaction: transaction,
      created: world.now(),
      livemode: false,
      reversals: listOf(`/v1/transfers/${id}/reversals`, []),
      reversed: false,
      source_transaction: null,
      source_type: "card",
    });
    world.emit("transfer.created", made);
    return made;
  });
}

/** All or a part of it comes back. */
export function reverseTransfer(
  world: World,
  { id, currency, amount: whole, amount_reversed: before, reversals }: Transfer,
  { amount, metadata }: Pick<TransferReversal, "amount" | "metadata">,
): TransferReversal {
  const reversal: TransferReversal = {
    id: newId("trr"),
    object: "transfer_reversal",
    amount,
    balance_transaction: null,
    created: world.now(),
    currency,
    destination_payment_refund: null,
    metadata,
    source_refund: null,
    transfer: id,
  };
  const { id: transaction } = bookFunds(world, {
    amount,
    currency,
    fee: 0,
    description: null,
    source: reversal.id,
    type: "transfer_refund",
    category: "transfer_reversal",
  });
  const booked = { ...reversal, balance_transaction: transaction };
  const after = world.update("transfers", id, {
    amount_reversed: before + amount,
    reversals: { ...reversals, data: [booked, ...reversals.data] },
    reversed: before + amount === whole,
  });
  world.emit("transfer.reversed", after);
  return booked;
}
