import { newId } from "../state/ids.ts";
import type { SessionDetails } from "../state/rows.ts";
import type { World } from "../world.ts";
import { draftInvoice } from "./invoice-draft.ts";
import { purchaseLines } from "./invoice-item.ts";
import { finalizeInvoice, markPaid } from "./invoicing.ts";

/**
 * The invoice of a one-time purchase (`invoice_creation`), written after the payment it documents: paid already, or open
 * while a bank debit is under way (https://docs.stripe.com/payments/checkout/receipts#paid-invoices). Its id.
 */
export function invoicePurchase(
  world: World,
  { lineItems, invoiceCreation }: SessionDetails,
  { customer, intent, paid }: { customer: string; intent: string | null; paid: boolean },
): string {
  const id = newId("in");
  const purchases = lineItems.flatMap(({ price, quantity }) => (price ? [{ price, quantity: quantity ?? 1 }] : []));
  draftInvoice(world, {
    id,
    customer,
    subscription: null,
    currency: lineItems[0]?.currency ?? "usd",
    reason: "manual",
    lines: purchaseLines(world, purchases, { customer, invoice: id, subscription: null }),
    attributes: { auto_advance: false, ...invoiceCreation },
  });
  const { status } = finalizeInvoice(world, id, intent);
  if (status === "open" && paid) markPaid(world, id);
  return id;
}
