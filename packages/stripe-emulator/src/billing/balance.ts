import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Store } from "../state/store.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Invoice = Stored<Stripe.Invoice>;
type Transaction = Stored<Stripe.CustomerBalanceTransaction>;

export interface Adjustment {
  /** In the currency's smallest unit; negative for a credit to the customer. */
  amount: number;
  currency: string;
  type: "adjustment" | "applied_to_invoice" | "credit_note" | "initial" | "invoice_overpaid" | "unapplied_from_invoice";
  invoice?: string;
  creditNote?: string;
  description?: string | null;
  metadata?: Stripe.Metadata;
}

/** What a customer has in each currency, by their ledger; `balance` is that of their own (https://docs.stripe.com/invoicing/multi-currency-customers). */
export function balancesOf(store: Store, customer: string): Record<string, number> {
  const { currency, balance } = store.customers.get(customer);
  const rows = store.balanceTransactions.where("customer", customer);
  const balances = Object.fromEntries(rows.map((row) => [row.currency, row.ending_balance]));
  return currency == null ? balances : { ...balances, [currency]: balance };
}

/** What a customer owes in a currency; negative where it is to their credit. */
export function balanceIn({ store }: World, customer: string | null, currency: string): number {
  const { id, balance, currency: own } = store.customers.get(customer);
  return (own ?? currency) === currency ? balance : (balancesOf(store, id)[currency] ?? 0);
}

/** The currency of what recurs is the customer's from now on; any other one only where they have none. */
export function followCurrency(world: World, customer: string, currency: string, recurs: boolean): void {
  const { balance, currency: own } = world.store.customers.get(customer);
  if (own === currency || (own != null && !recurs)) return;
  if (own == null && balance !== 0) record(world, customer, { amount: balance, currency, type: "initial" }, balance);
  world.update("customers", customer, { balance: balanceIn(world, customer, currency), currency });
}

/** Changes what a customer has to their credit or owes (https://docs.stripe.com/billing/customer/balance). */
export function adjustBalance(world: World, customer: string | null, adjustment: Adjustment): Transaction {
  const { amount, currency } = adjustment;
  const { id, currency: own } = world.store.customers.get(customer);
  const balance = balanceIn(world, id, currency) + amount;
  if ((own ?? currency) === currency) world.update("customers", id, { balance, currency }, "customer.updated");
  return record(world, id, adjustment, balance);
}

function record(world: World, customer: string, adjustment: Adjustment, balance: number): Transaction {
  return world.store.balanceTransactions.put({
    id: newId("cbtxn"),
    object: "customer_balance_transaction",
    amount: adjustment.amount,
    checkout_session: null,
    created: world.now(),
    credit_note: adjustment.creditNote ?? null,
    currency: adjustment.currency,
    customer,
    customer_account: null,
    description: adjustment.description ?? null,
    ending_balance: balance,
    invoice: adjustment.invoice ?? null,
    livemode: false,
    metadata: adjustment.metadata ?? {},
    type: adjustment.type,
  });
}

/**
 * Settles an invoice that is being finalised against the customer's balance in its currency.
 * @returns the balance after it
 */
export function applyBalance(world: World, { id, amount_due: due, customer, currency, total }: Invoice): number {
  const before = balanceIn(world, customer, currency);
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
