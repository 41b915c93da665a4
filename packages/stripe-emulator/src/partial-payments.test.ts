import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince, until } from "./testing/bench.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench({ webhookEndpoints: [] });
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function openInvoice(amount = 3000) {
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const draft = await stripe.invoices.create({ customer, currency: "eur" });
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount, currency: "eur" });
  const invoice = await stripe.invoices.finalizeInvoice(draft.id);
  return { customer, id: invoice.id, invoice };
}

const pay = (customer: string, amount: number, overrides: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ amount, currency: "eur", customer, payment_method: "pm_card_visa", ...overrides });

/** A part that is paid and attached. */
async function payPart(invoice: string, customer: string, amount: number, method = "pm_card_visa") {
  const intent = await pay(customer, amount, {
    confirm: true,
    return_url: "http://localhost/",
    payment_method: method,
  });
  return { intent, invoice: await stripe.invoices.attachPayment(invoice, { payment_intent: intent.id }) };
}

const paymentsOf = async (invoice: string) =>
  (await stripe.invoicePayments.list({ invoice })).data.map(
    ({ amount_paid, amount_requested, is_default, status }) => ({
      amount_paid,
      amount_requested,
      is_default,
      status,
    }),
  );

test("an invoice paid in two parts is open with what remains after the first, and paid after the last", async () => {
  const { id, customer, invoice } = await openInvoice();
  const [standard] = (await stripe.invoicePayments.list({ invoice: id })).data;
  let from = bench.emulator.events().length;
  const first = await payPart(id, customer, 1000);
  expect(first.invoice).toMatchObject({ status: "open", amount_due: 3000, amount_paid: 1000, amount_remaining: 2000 });
  expect(typesSince(bench, from)).toEqual([
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.updated",
    "invoice_payment.paid",
  ]);
  expect(await paymentsOf(id)).toEqual([
    { amount_paid: 1000, amount_requested: 1000, is_default: false, status: "paid" },
    { amount_paid: null, amount_requested: 2000, is_default: true, status: "open" },
  ]);
  const second = await pay(customer, 2000);
  await stripe.invoices.attachPayment(id, { payment_intent: second.id });
  expect((await stripe.invoices.retrieve(id)).status).toBe("open");
  from = bench.emulator.events().length;
  await stripe.paymentIntents.confirm(second.id, { return_url: "http://localhost/" });
  expect(typesSince(bench, from)).toEqual([
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice.updated",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "payment_intent.canceled",
  ]);
  const paid = await stripe.invoices.retrieve(id, { expand: ["payments"] });
  expect(paid).toMatchObject({ status: "paid", amount_due: 3000, amount_paid: 3000, amount_remaining: 0 });
  expect(paid.payments?.data.map(({ amount_paid, status }) => [amount_paid, status])).toEqual([
    [2000, "paid"],
    [1000, "paid"],
    [null, "canceled"],
  ]);
  expect(await stripe.paymentIntents.retrieve(standard?.payment.payment_intent as string)).toMatchObject({
    status: "canceled",
    amount: 2000,
  });
  expect(invoice.amount_remaining).toBe(3000);
});

test("the default payment takes what remains after a part", async () => {
  const { id, customer } = await openInvoice();
  await payPart(id, customer, 1000);
  expect(await stripe.invoices.pay(id)).toMatchObject({ status: "paid", amount_paid: 3000 });
  expect((await stripe.charges.list({ customer })).data.map(({ amount }) => amount)).toEqual([2000, 1000]);
});

test("each part can be refunded, and disputed, by its own charge; the invoice stays paid", async () => {
  const { id, customer } = await openInvoice();
  const { intent: first } = await payPart(id, customer, 1000, "pm_card_createDispute");
  const { intent: second } = await payPart(id, customer, 2000);
  await stripe.refunds.create({ payment_intent: second.id });
  expect(await stripe.charges.retrieve(String(second.latest_charge))).toMatchObject({ amount_refunded: 2000 });
  const disputes = () => stripe.disputes.list({ payment_intent: first.id });
  await until(() => bench.emulator.events().some(({ type }) => type === "charge.dispute.created"));
  expect((await disputes()).data).toMatchObject([{ amount: 1000 }]);
  expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: "paid", amount_paid: 3000 });
});

test("what two parts bring beyond what remained goes to the customer's balance", async () => {
  const { id, customer } = await openInvoice();
  const [one, other] = [await pay(customer, 2000), await pay(customer, 2000)];
  for (const intent of [one, other]) await stripe.invoices.attachPayment(id, { payment_intent: intent.id });
  await stripe.paymentIntents.confirm(one.id, { return_url: "http://localhost/" });
  await stripe.paymentIntents.confirm(other.id, { return_url: "http://localhost/" });
  expect(await stripe.invoices.retrieve(id)).toMatchObject({
    amount_paid: 3000,
    amount_overpaid: 1000,
    status: "paid",
  });
  const { data } = await stripe.customers.listBalanceTransactions(customer);
  expect(data).toMatchObject([{ amount: -1000, type: "invoice_overpaid", invoice: id, ending_balance: -1000 }]);
});

test("a part that is declined or given up leaves the invoice as it was", async () => {
  const { id, customer } = await openInvoice();
  const before = await stripe.invoices.retrieve(id);
  const part = await pay(customer, 1000, { payment_method: "pm_card_chargeCustomerFail" });
  await stripe.invoices.attachPayment(id, { payment_intent: part.id });
  await expect(stripe.paymentIntents.confirm(part.id, { return_url: "http://localhost/" })).rejects.toMatchObject({
    code: "card_declined",
  });
  await stripe.paymentIntents.cancel(part.id);
  const { lastResponse: _, ...after } = await stripe.invoices.retrieve(id);
  expect(before).toMatchObject(after);
  expect((await paymentsOf(id)).map(({ status }) => status)).toEqual(["canceled", "open"]);
});

test("a void invoice closes the parts that wait; their payments are their owner's", async () => {
  const { id, customer } = await openInvoice();
  const part = await pay(customer, 1000);
  await stripe.invoices.attachPayment(id, { payment_intent: part.id });
  await stripe.invoices.voidInvoice(id);
  expect((await paymentsOf(id)).map(({ status }) => status)).toEqual(["canceled", "canceled"]);
  expect((await stripe.paymentIntents.retrieve(part.id)).status).toBe("requires_confirmation");
});

test("what does not fit the invoice cannot be attached, nor its default payment changed or cancelled", async () => {
  const { id, customer } = await openInvoice();
  const attach = (payment_intent: string) => stripe.invoices.attachPayment(id, { payment_intent });
  const refused = { type: "StripeInvalidRequestError", statusCode: 400, param: "payment_intent" };
  const stranger = await stripe.customers.create();
  const canceled = await pay(customer, 100);
  await stripe.paymentIntents.cancel(canceled.id);
  for (const misfit of [
    await pay(customer, 3001),
    await pay(customer, 100, { currency: "usd" }),
    await pay(stranger.id, 100, { payment_method: "pm_card_visa" }),
    canceled,
    { id: "pi_nothing" },
  ])
    await expect(attach(misfit.id)).rejects.toMatchObject(refused);
  const part = await pay(customer, 100);
  await attach(part.id);
  await expect(attach(part.id)).rejects.toMatchObject(refused);
  await expect(stripe.invoices.attachPayment(id, {})).rejects.toMatchObject({ code: "parameter_missing" });
  await expect(stripe.invoices.attachPayment(id, { payment_record: "prec_1" })).rejects.toMatchObject({
    code: "emulator_parameter_not_modelled",
  });
  const draft = await stripe.invoices.create({ customer });
  await expect(stripe.invoices.attachPayment(draft.id, { payment_intent: part.id })).rejects.toThrow("that is open");
  const standard = (await stripe.invoicePayments.list({ invoice: id })).data.find(({ is_default }) => is_default);
  const intent = String(standard?.payment.payment_intent);
  for (const act of [stripe.paymentIntents.cancel(intent), stripe.paymentIntents.update(intent, { amount: 1 })])
    await expect(act).rejects.toThrow("default payment of an invoice");
});

test("a confirmed payment of a subscription's first invoice pays it, and the subscription is active", async () => {
  const { id: customer } = await stripe.customers.create();
  const { id: price } = await createPlan(stripe);
  const started = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    payment_behavior: "default_incomplete",
    expand: ["latest_invoice.payments"],
  });
  expect(started.status).toBe("incomplete");
  const invoice = started.latest_invoice as Stripe.Invoice;
  const intent = String(invoice.payments?.data[0]?.payment.payment_intent);
  await expect(
    stripe.paymentIntents.confirm(intent, {
      payment_method: "pm_card_chargeCustomerFail",
      return_url: "http://localhost/",
    }),
  ).rejects.toMatchObject({ code: "card_declined" });
  expect((await stripe.subscriptions.retrieve(started.id)).status).toBe("incomplete");
  await stripe.paymentIntents.confirm(intent, { payment_method: "pm_card_visa", return_url: "http://localhost/" });
  expect((await stripe.subscriptions.retrieve(started.id)).status).toBe("active");
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: "paid", amount_paid: 1500 });
});

test("an invoice paid out of band has no payment that was paid", async () => {
  const { id } = await openInvoice();
  expect(await stripe.invoices.pay(id, { paid_out_of_band: true })).toMatchObject({
    status: "paid",
    amount_paid: 3000,
    amount_paid_off_stripe: 3000,
  });
  expect(await paymentsOf(id)).toMatchObject([{ amount_paid: null, status: "canceled" }]);
});
