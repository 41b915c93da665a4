import { type Bench, createPlan } from "@turnpike/stripe-emulator/testing";
import { type Life, PAYS_BY_CARD } from "./life.ts";

async function sendInvoice({ stripe }: Bench, amount: number) {
  const customer = await stripe.customers.create(PAYS_BY_CARD);
  const draft = await stripe.invoices.create({
    customer: customer.id,
    currency: "usd",
    collection_method: "send_invoice",
    days_until_due: 30,
  });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount, currency: "usd" });
  const { id } = await stripe.invoices.finalizeInvoice(draft.id);
  return { customer: customer.id, invoice: id };
}

/** Pays a part, and answers its payment. */
async function payPart({ stripe }: Bench, sent: { customer: string; invoice: string }, amount: number) {
  const payment = await stripe.paymentIntents.create({
    amount,
    currency: "usd",
    customer: sent.customer,
    payment_method: "pm_card_visa",
    confirm: true,
    return_url: "http://localhost/",
  });
  await stripe.invoices.attachPayment(sent.invoice, { payment_intent: payment.id });
  return payment.id;
}

export const invoiced: Record<string, Life> = {
  "an invoice paid in two parts, the first given back": async (bench) => {
    const sent = await sendInvoice(bench, 3000);
    const first = await payPart(bench, sent, 1000);
    await payPart(bench, sent, 2000);
    await bench.stripe.refunds.create({ payment_intent: first });
  },

  "credit notes before and after an invoice is paid, one of them void": async (bench) => {
    const { stripe } = bench;
    const sent = await sendInvoice(bench, 3000);
    await stripe.creditNotes.create({ invoice: sent.invoice, amount: 500 });
    const mistaken = await stripe.creditNotes.create({ invoice: sent.invoice, amount: 200 });
    await stripe.creditNotes.voidCreditNote(mistaken.id);
    await stripe.invoices.pay(sent.invoice);
    await stripe.creditNotes.create({ invoice: sent.invoice, amount: 700, refund_amount: 700 });
  },

  "an invoice that is void, one that is given up, and a draft that is deleted": async (bench) => {
    const { stripe } = bench;
    await stripe.invoices.voidInvoice((await sendInvoice(bench, 100)).invoice);
    await stripe.invoices.markUncollectible((await sendInvoice(bench, 100)).invoice);
    const { id: customer } = await stripe.customers.create(PAYS_BY_CARD);
    const draft = await stripe.invoices.create({ customer, currency: "usd" });
    await stripe.invoices.update(draft.id, { description: "never sent" });
    await stripe.invoices.del(draft.id);
  },

  "a subscription of twelve items, of which an event shows ten": async ({ stripe }) => {
    const customer = await stripe.customers.create(PAYS_BY_CARD);
    const prices = await Promise.all(Array.from({ length: 12 }, () => createPlan(stripe)));
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: prices.map((price) => ({ price: price.id })),
    });
    await stripe.subscriptions.update(id, { metadata: { changed: "once" } });
    await stripe.subscriptions.cancel(id);
  },
};
