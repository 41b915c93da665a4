import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { type Fields, type ParamsOf, schema, text } from "../api/params.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { openInvoicePayment, paymentBy, paymentSucceeded } from "../billing/invoice-payments.ts";
import type { PaymentIntent } from "../billing/payment.ts";
import type { World } from "../world.ts";
import { expectStatus, getInvoice } from "./invoice-editing.ts";

export const attachParams = schema({ payment_intent: text } satisfies Fields<keyof Stripe.InvoiceAttachPaymentParams>);

/** A payment of the client's own pays a part of an open invoice; at once where it has succeeded already. */
export function attachPayment(
  world: World,
  id: string,
  { payment_intent: named }: ParamsOf<typeof attachParams>,
): Invoice {
  const invoice = getInvoice(world, id);
  if (named === undefined) throw missingParameter("payment_intent");
  expectStatus(invoice, ["open"], "attach a payment to");
  const intent = found(world.store.paymentIntents.find(named), "payment_intent", named, "payment_intent");
  refuseMisfit(world, invoice, intent);
  const payment = openInvoicePayment(world, invoice, { intent: named, amount: intent.amount, isDefault: false });
  if (intent.status === "succeeded") paymentSucceeded(world, payment);
  return getInvoice(world, id);
}

/** Stripe's rules for what can be attached (https://docs.stripe.com/invoicing/partial-payments). */
function refuseMisfit(world: World, invoice: Invoice, intent: PaymentIntent): void {
  const attached = paymentBy(world, intent.id)?.invoice;
  const misfits: [boolean, string][] = [
    [attached !== undefined, `it is attached to the invoice ${attached} already`],
    [intent.status === "canceled", "it is canceled"],
    [intent.customer !== invoice.customer, "its customer is not the invoice's"],
    [intent.currency !== invoice.currency, "its currency is not the invoice's"],
    [intent.amount > invoice.amount_remaining, `its amount is more than what remains: ${invoice.amount_remaining}`],
  ];
  const misfit = misfits.find(([holds]) => holds)?.[1];
  if (misfit === undefined) return;
  const message = `You cannot attach this PaymentIntent to the invoice because ${misfit}.`;
  throw invalid(message, undefined, "payment_intent");
}
