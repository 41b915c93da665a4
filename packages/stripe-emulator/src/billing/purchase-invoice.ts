import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { draftInvoice } from "./invoice-draft.ts";
import { purchaseLines } from "./invoice-item.ts";
import { defaultPaymentOf, paymentSucceeded } from "./invoice-payments.ts";
import { finalizeInvoice } from "./invoicing.ts";
import { ratesOf } from "./session-pricing.ts";

export interface Purchase {
  customer: string;
  /** Null where nothing was due. */
  intent: string | null;
  paid: boolean;
  discounts: string[];
}

/**
 * The invoice of a one-time purchase (`invoice_creation`), written after the payment it documents: paid already, or open
 * while a bank debit is under way (https://docs.stripe.com/payments/checkout/receipts#paid-invoices). It is for what was paid: the
 * customer's balance is left alone (https://docs.stripe.com/billing/customer/balance#customer-credit-balance-details). Its id.
 */
export function invoicePurchase(
  world: World,
  session: Stored<Stripe.Checkout.Session>,
  { customer, intent, paid, discounts }: Purchase,
): string {
  const details = world.store.sessionDetails.get(session.id);
  const { lineItems, invoiceCreation } = details;
  const id = newId("in");
  const purchases = lineItems.flatMap((item) =>
    item.price ? [{ price: item.price, quantity: item.quantity ?? 1, taxRates: ratesOf(details, item) }] : [],
  );
  const currency = session.currency ?? "usd";
  draftInvoice(world, {
    id,
    customer,
    subscription: null,
    currency,
    reason: "manual",
    lines: purchaseLines(world, purchases, { customer, currency, invoice: id, subscription: null, items: [] }),
    discounts,
    usesBalance: false,
    attributes: {
      auto_advance: false,
      automatic_tax: { ...session.automatic_tax, disabled_reason: null },
      ...invoiceCreation,
    },
  });
  const { status } = finalizeInvoice(world, id, { intent, usesBalance: false });
  const payment = defaultPaymentOf(world, id);
  if (status === "open" && paid && payment) paymentSucceeded(world, payment);
  return id;
}
