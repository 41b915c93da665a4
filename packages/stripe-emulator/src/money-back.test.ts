import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince, until } from "./testing/bench.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

/** A payment of 10 € by this card number, on the hosted page. */
async function pay(card_number: string): Promise<{ intent: string; from: number }> {
  const price = await createPlan(stripe, { recurring: undefined, unit_amount: 1000 });
  const session = await createCheckout(stripe, price);
  expect((await bench.submit(session.url, { ...CARD, card_number, email: "back@example.com" })).status).toBe(303);
  const from = bench.emulator.events().findIndex(({ data }) => Reflect.get(data.object, "id") === session.id);
  return { intent: String((await stripe.checkout.sessions.retrieve(session.id)).payment_intent), from };
}

const happened = (type: string, from: number) => until(() => typesSince(bench, from).includes(type));

async function dispute() {
  const { intent, from } = await pay("4000000000000259");
  await happened("charge.dispute.funds_withdrawn", from);
  const [made] = (await stripe.disputes.list({ payment_intent: intent })).data;
  if (!made) throw new Error("There is no dispute.");
  return { id: made.id, made, intent, from: bench.emulator.events().length };
}

test("a disputed charge loses its money at once", async () => {
  const { made, intent } = await dispute();
  expect(made).toMatchObject({
    status: "needs_response",
    reason: "fraudulent",
    amount: 1000,
    balance_transactions: [{ net: -2500 }],
  });
  const charge = await stripe.charges.retrieve(String(made.charge));
  expect(charge).toMatchObject({ disputed: true, payment_intent: intent });
  expect(typesSince(bench, 0).filter((type) => type.startsWith("charge.dispute"))).toEqual([
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
  ]);
});

test("a charge that was charged back cannot be refunded, nor by a credit note; an inquiry's can", async () => {
  const { intent } = await dispute();
  const back = { statusCode: 400, code: "charge_disputed", message: expect.stringMatching(/^Charge ch_\w+ has been/) };
  await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject(back);
  const inquired = await pay("4000000000001976");
  await happened("charge.dispute.created", inquired.from);
  expect((await stripe.refunds.create({ payment_intent: inquired.intent })).status).toBe("succeeded");
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_createDispute",
    invoice_settings: { default_payment_method: "pm_card_createDispute" },
  });
  const { id: invoice } = await stripe.invoices.create({ customer, currency: "eur" });
  await stripe.invoiceItems.create({ customer, invoice, amount: 1000, currency: "eur" });
  const from = bench.emulator.events().length;
  await stripe.invoices.pay(invoice);
  await happened("charge.dispute.created", from);
  await expect(stripe.creditNotes.create({ invoice, amount: 500, refund_amount: 500 })).rejects.toMatchObject({
    param: "refund_amount",
  });
});

test("winning evidence brings the money back; losing evidence and giving up do not", async () => {
  const won = await dispute();
  const answer = await stripe.disputes.update(won.id, { evidence: { uncategorized_text: "winning_evidence" } });
  expect(answer.status).toBe("under_review");
  await happened("charge.dispute.funds_reinstated", won.from);
  expect(typesSince(bench, won.from)).toEqual([
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
  ]);
  const { status, balance_transactions: moved } = await stripe.disputes.retrieve(won.id);
  expect([status, moved.reduce((sum, { net }) => sum + net, 0)]).toEqual(["won", 0]);
  await expect(stripe.disputes.close(won.id)).rejects.toMatchObject({ statusCode: 400 });

  const lost = await dispute();
  await stripe.disputes.update(lost.id, { evidence: { uncategorized_text: "losing_evidence" }, submit: true });
  await happened("charge.dispute.closed", lost.from);
  expect((await stripe.disputes.retrieve(lost.id)).status).toBe("lost");

  const given = await dispute();
  expect((await stripe.disputes.close(given.id)).status).toBe("lost");
  expect(typesSince(bench, given.from)).toEqual(["charge.dispute.closed"]);
});

test("evidence that is only staged is not submitted; an inquiry moves no money", async () => {
  const { id } = await dispute();
  const staged = await stripe.disputes.update(id, { evidence: { product_description: "A plan" }, submit: false });
  expect(staged).toMatchObject({ status: "needs_response", evidence: { product_description: "A plan" } });
  const { from, intent } = await pay("4000000000001976");
  await happened("charge.dispute.created", from);
  const [inquiry] = (await stripe.disputes.list({ payment_intent: intent })).data;
  expect(inquiry).toMatchObject({ status: "warning_needs_response", balance_transactions: [] });
});

test("a refund that fails later gives the charge its amount back", async () => {
  const { intent } = await pay("4000000000005126");
  const from = bench.emulator.events().length;
  const refund = await stripe.refunds.create({ payment_intent: intent });
  expect(refund.status).toBe("succeeded");
  await happened("refund.failed", from);
  expect(typesSince(bench, from)).toEqual([
    "refund.created",
    "charge.refunded",
    "refund.updated",
    "charge.refund.updated",
    "refund.failed",
    "charge.updated",
  ]);
  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: "failed" });
  expect(await stripe.charges.retrieve(String(refund.charge))).toMatchObject({ amount_refunded: 0, refunded: false });
});

test("a slow refund is pending first; a refund's metadata can be changed", async () => {
  const { intent } = await pay("4000000000007726");
  const from = bench.emulator.events().length;
  const refund = await stripe.refunds.create({ payment_intent: intent });
  expect(refund.status).toBe("pending");
  await happened("refund.updated", from);
  expect(await stripe.refunds.update(refund.id, { metadata: { a: "1" } })).toMatchObject({
    status: "succeeded",
    metadata: { a: "1" },
  });
});

test("a bank warns of fraud before anybody disputes", async () => {
  const { intent, from } = await pay("4000000000005423");
  await happened("radar.early_fraud_warning.created", from);
  const [warning] = (await stripe.radar.earlyFraudWarnings.list({ payment_intent: intent })).data;
  expect(warning).toMatchObject({ actionable: true, fraud_type: "made_with_stolen_card" });
});
