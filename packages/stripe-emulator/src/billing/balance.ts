import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Invoice = Stored<Stripe.Invoice>;
type Transaction = Stored<Stripe.CustomerBalanceTransaction>;

export interface Adjustment {
  /** In the currency's smallest unit; negative for a credit to the customer. */
  amount: number;
  currency: string;
  type: "adjustment" | "applied_to_invoice" | "credit_note" | "invoice_overpaid" | "unapplied_from_invoice";
  invoice?: string;
  creditNote?: string;
  description?: string | null;
  metadata?: Stripe.Metadata;
}

/** Changes what a customer has to their credit or owes (https://docs.stripe.com/billing/customer/balance). */
export function adjustBalance(world: World, customer: string | null, adjustment: Adjustment): Transaction {
  const { amount, currency, type } = adjustment;
  const { id, balance: before } = world.store.customers.get(customer);
  const balance = before + amount;
  world.update("customers", id, { balance, currency }, "customer.updated");
  return world.store.balanceTransactions.put({
    id: newId("cbtxn"),
    object: "customer_balance_transaction",
    amount,
    checkout_session: null,
    created: world.now(),
    credit_note: adjustment.creditNote ?? null,
    currency,
    customer: id,
    customer_account: null,
    description: adjustment.description ?? null,
    ending_balance: balance,
    invoice: adjustment.invoice ?? null,
    livemode: false,
    metadata: adjustment.metadata ?? {},
    type,
  });
}

/**
 * Settles an invoice that is being finalised against the customer's balance.
 * @returns the balance after it
 */
export function applyBalance(world: World, { id, amount_due: due, customer, currency, total }: Invoice): number {
  const { balance: before } = world.store.customers.get(customer);
  const after = total + before - due;
  if (after !== before) {
    adjustBalance(world, customer, { amount: after - before, currency, type: "applied_to_invoice", invoice: id });
  }
  return after;
}

/** An invoice is voided: the customer has back what it took from the balance, or gives back what it put there. */
export function unapplyBalance(world: World, invoice: Invoice): void {
  const amount = invoice.starting_balance - (invoice.ending_balance ?? invoice.starting_balance);
  if (amount === 0 || !world.store.customers.find(invoice.customer)) return;
  const { customer, currency, id } = invoice;
  adjustBalance(world, customer, { amount, currency, type: "unapplied_from_invoice", invoice: id });
}
