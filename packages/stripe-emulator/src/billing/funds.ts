import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { proportion } from "./pricing.ts";

export type BalanceTransaction = Stored<Stripe.BalanceTransaction>;
type Charge = Stored<Stripe.Charge>;

/** What Stripe takes of a payment: 2.9 %, and 30 of the currency's smallest unit (https://stripe.com/pricing, in US dollars). */
const FEE_PER_MILLE = 29;
const FEE_EACH = 30;

const DAY = 86_400;
/** Payments can be paid out two days later, as in the US (https://docs.stripe.com/payouts#payout-speed). */
const PENDING_DAYS = 2;

interface Entry {
  /** In the currency's smallest unit; negative for what leaves the balance. */
  amount: number;
  currency: string;
  /** What Stripe takes, or (negative) gives back. */
  fee: number;
  feeDescription?: string;
  /** When it can be paid out, in seconds; absent: at once. */
  availableOn?: number;
  description: string | null;
  source: string;
  type: BalanceTransaction["type"];
  category: string;
}

/**
 * Writes down what came to the account's balance, or left it. Money knows no test clocks: it is of real time, and each currency is kept
 * in itself (https://docs.stripe.com/reports/balance-transaction-types).
 */
export function bookFunds(world: World, entry: Entry): BalanceTransaction {
  const { amount, currency, fee, feeDescription = "Stripe processing fees", description, source } = entry;
  return world.onClock(null, () => {
    const now = world.now();
    const availableOn = Math.max(now, entry.availableOn ?? now);
    const pending = availableOn > now;
    if (pending) world.schedule("release_funds", String(availableOn), availableOn * 1000);
    return world.store.funds.put({
      id: newId("txn"),
      object: "balance_transaction",
      amount,
      available_on: availableOn,
      balance_type: "payments",
      created: now,
      currency,
      description,
      exchange_rate: null,
      fee,
      fee_details:
        fee === 0
          ? []
          : [{ amount: fee, application: null, currency, description: feeDescription, type: "stripe_fee" }],
      net: amount - fee,
      reporting_category: entry.category,
      source,
      status: pending ? "pending" : "available",
      type: entry.type,
    });
  });
}

/** A captured charge comes to the balance, less its fee. What the charge says of that. */
export function bookCharge(
  world: World,
  { id, amount_captured: amount, currency, description, payment_method: method }: Charge,
): Pick<Charge, "balance_transaction"> {
  const atOnce = world.store.instruments.find(method)?.outcome === "bypasses_pending";
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const { id: transaction } = bookFunds(world, {
    amount,
    currency,
    fee: proportion(amount, FEE_PER_MILLE, 1000) + FEE_EACH,
    ...(atOnce ? {} : { availableOn: today + PENDING_DAYS * DAY }),
    description,
    source: id,
    type: id.startsWith("py_") ? "payment" : "charge",
    category: "charge",
  });
  // The balance that grew at once says so at once.
  if (atOnce) tellAvailable(world);
  return { balance_transaction: transaction };
}

/** A refund leaves the balance that its charge came to, and the fee is not given back (https://docs.stripe.com/refunds). */
export function bookRefund(
  world: World,
  { id, amount, currency }: Pick<Stored<Stripe.Refund>, "id" | "amount" | "currency">,
  charge: Charge,
  failed = false,
): string {
  const card = !charge.id.startsWith("py_");
  return bookFunds(world, {
    amount: failed ? amount : -amount,
    currency,
    fee: 0,
    availableOn: world.store.funds.find(charge.balance_transaction)?.available_on ?? 0,
    description: failed ? "REFUND FAILURE" : "REFUND FOR CHARGE",
    source: id,
    type: failed ? "refund_failure" : card ? "refund" : "payment_refund",
    category: failed ? "refund_failure" : "refund",
  }).id;
}

/** What waited until a moment (seconds) can be paid out. */
export function releaseFunds(world: World, moment: string): void {
  const waiting = world.store.funds
    .all()
    .filter(({ status, available_on: at }) => status === "pending" && at <= Number(moment));
  for (const { id } of waiting) world.update("funds", id, { status: "available" });
  if (waiting.length > 0) tellAvailable(world);
}

const tellAvailable = (world: World) => world.emit("balance.available", balanceOf(world));

/** https://docs.stripe.com/api/balance/balance_object */
export function balanceOf({ store }: World): Stripe.Balance {
  const sums = { available: new Map([["usd", 0]]), pending: new Map([["usd", 0]]) };
  for (const { status, currency, net } of store.funds.all()) {
    const sum = sums[status === "pending" ? "pending" : "available"];
    sum.set(currency, (sum.get(currency) ?? 0) + net);
  }
  const shown = (sum: Map<string, number>) =>
    [...sum].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
  return {
    object: "balance",
    available: shown(sums.available),
    livemode: false,
    pending: shown(sums.pending),
    refund_and_dispute_prefunding: { available: [], pending: [] },
  };
}
