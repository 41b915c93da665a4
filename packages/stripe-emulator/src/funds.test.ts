import type Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";
import { type Bench, openBench, typesSince, until } from "./testing/bench.ts";

async function bench(): Promise<Bench> {
  const opened = await openBench();
  onTestFinished(() => opened.close());
  return opened;
}

const pay = (
  { stripe }: Bench,
  payment_method: string,
  amount = 10_000,
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
) =>
  stripe.paymentIntents.create({
    amount,
    currency: "usd",
    payment_method,
    confirm: true,
    return_url: "http://localhost/",
    expand: ["latest_charge.balance_transaction"],
    ...more,
  });

const charged = ({ latest_charge: charge }: Stripe.PaymentIntent) => charge as Stripe.Charge;
const entryOf = (intent: Stripe.PaymentIntent) => charged(intent).balance_transaction as Stripe.BalanceTransaction;

// https://docs.stripe.com/reports/balance-transaction-types
test("a payment comes to the balance less its fee, and waits two days until it can be paid out", async () => {
  const on = await bench();
  const intent = await pay(on, "pm_card_visa", 1650);
  // 2.9 % are 47.85: half up.
  expect(entryOf(intent)).toMatchObject({
    amount: 1650,
    fee: 78,
    fee_details: [{ amount: 78, type: "stripe_fee" }],
    net: 1572,
    source: charged(intent).id,
    status: "pending",
    type: "charge",
  });
  const waits = entryOf(intent).available_on - Date.now() / 1000;
  expect(waits).toBeGreaterThan(86_000);
  expect(waits).toBeLessThanOrEqual(2 * 86_400);
  expect(await on.stripe.balance.retrieve()).toMatchObject({
    available: [{ amount: 0, currency: "usd" }],
    pending: [{ amount: 1572, currency: "usd" }],
  });
  const { id } = entryOf(intent);
  expect((await on.stripe.balanceTransactions.list({ source: charged(intent).id })).data).toMatchObject([{ id }]);
  expect(await on.stripe.balanceTransactions.retrieve(id, { expand: ["source"] })).toMatchObject({
    source: { object: "charge", id: charged(intent).id },
  });
});

// https://docs.stripe.com/refunds#failed-refunds
test("a refund leaves the balance whole: the fee stays with Stripe; one that fails comes back", async () => {
  const on = await bench();
  const { id } = await pay(on, "pm_card_refundFail");
  const refund = await on.stripe.refunds.create({ payment_intent: id, amount: 4000, expand: ["balance_transaction"] });
  expect(refund.balance_transaction).toMatchObject({ amount: -4000, fee: 0, net: -4000, type: "refund" });
  expect(await on.stripe.balance.retrieve()).toMatchObject({ pending: [{ amount: 10_000 - 320 - 4000 }] });
  await until(() => on.emulator.events().some(({ type }) => type === "refund.failed"));
  expect(await on.stripe.balance.retrieve()).toMatchObject({ pending: [{ amount: 10_000 - 320 }] });
  const failed = await on.stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] });
  expect(failed.failure_balance_transaction).toMatchObject({ amount: 4000, type: "refund_failure" });
});

// https://docs.stripe.com/disputes/how-disputes-work
test("a dispute takes the amount and a fee from the balance", async () => {
  const on = await bench();
  await pay(on, "pm_card_createDispute");
  await until(() => on.emulator.events().some(({ type }) => type === "charge.dispute.funds_withdrawn"));
  const { data } = await on.stripe.balanceTransactions.list({ type: "adjustment" });
  expect(data).toMatchObject([{ amount: -10_000, fee: 1500, net: -11_500, reporting_category: "dispute" }]);
  const [dispute] = (await on.stripe.disputes.list()).data;
  expect(dispute?.balance_transactions).toEqual(data);
});

// https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
test("of a held amount comes what is captured", async () => {
  const on = await bench();
  const { id } = await pay(on, "pm_card_visa", 10_000, { capture_method: "manual" });
  expect((await on.stripe.balanceTransactions.list()).data).toEqual([]);
  const taken = await on.stripe.paymentIntents.capture(id, {
    amount_to_capture: 5000,
    expand: ["latest_charge.balance_transaction"],
  });
  expect(entryOf(taken)).toMatchObject({ amount: 5000, fee: 175, net: 4825 });
});

// https://docs.stripe.com/payouts, https://docs.stripe.com/testing#bypass-pending-balance
test("what is available is paid out, and no more; a payout that was canceled comes back", async () => {
  const on = await bench();
  await pay(on, "pm_card_visa");
  const payout = () => on.stripe.payouts.create({ amount: 1000, currency: "usd" });
  await expect(payout()).rejects.toMatchObject({ code: "balance_insufficient" });
  const from = on.emulator.events().length;
  await pay(on, "pm_card_bypassPending");
  expect(typesSince(on, from)).toContain("balance.available");
  const { id, balance_transaction: entry, status } = await payout();
  expect(status).toBe("pending");
  expect(await on.stripe.balanceTransactions.retrieve(String(entry))).toMatchObject({ net: -1000, type: "payout" });
  expect(await on.stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 9680 - 1000 }] });
  await on.stripe.payouts.update(id, { metadata: { for: "rent" } });
  expect(await on.stripe.payouts.cancel(id)).toMatchObject({ status: "canceled", metadata: { for: "rent" } });
  expect(await on.stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 9680 }] });
  await expect(on.stripe.payouts.cancel(id)).rejects.toMatchObject({ statusCode: 400 });

  const instant = await on.stripe.payouts.create({ amount: 500, currency: "usd", method: "instant" });
  await until(() => typesSince(on, from).includes("payout.paid"));
  expect((await on.stripe.payouts.list({ status: "paid" })).data).toMatchObject([{ id: instant.id }]);
  expect(await on.stripe.payouts.retrieve(instant.id)).toMatchObject({ status: "paid" });
});

// https://docs.stripe.com/connect/top-ups
test("money of one's own comes to the balance a little later, unless it is called off before", async () => {
  const on = await bench();
  const from = on.emulator.events().length;
  const topup = await on.stripe.topups.create({ amount: 2000, currency: "usd", description: "For refunds" });
  expect(topup).toMatchObject({ status: "pending", balance_transaction: null });
  await until(() => typesSince(on, from).includes("topup.succeeded"));
  const there = await on.stripe.topups.retrieve(topup.id, { expand: ["balance_transaction"] });
  expect(there).toMatchObject({ status: "succeeded", balance_transaction: { net: 2000, fee: 0, type: "topup" } });
  expect(await on.stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 2000 }] });
  await expect(on.stripe.topups.cancel(topup.id)).rejects.toThrow("This one is succeeded");

  const other = await on.stripe.topups.create({ amount: 700, currency: "usd" });
  expect(await on.stripe.topups.cancel(other.id)).toMatchObject({ status: "canceled" });
  await on.stripe.topups.update(other.id, { metadata: { why: "mistake" } });
  expect((await on.stripe.topups.list({ status: "canceled" })).data).toMatchObject([{ metadata: { why: "mistake" } }]);
  expect(await on.stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 2000 }] });
});

// https://docs.stripe.com/connect/separate-charges-and-transfers
test("money goes to an account that joined, as far as there is any, and comes back in parts", async () => {
  const on = await bench();
  const { stripe } = on;
  const from = on.emulator.events().length;
  const { id: destination } = await stripe.accounts.create({
    type: "standard",
    country: "DE",
    email: "shop@example.com",
  });
  const send = (amount: number) => stripe.transfers.create({ amount, currency: "usd", destination });
  await expect(send(1000)).rejects.toMatchObject({ code: "balance_insufficient" });
  await pay(on, "pm_card_bypassPending");
  const sent = await send(1000);
  expect(sent).toMatchObject({ destination, reversed: false, amount_reversed: 0, reversals: { data: [] } });
  expect(await stripe.balanceTransactions.retrieve(String(sent.balance_transaction))).toMatchObject({
    net: -1000,
    type: "transfer",
  });
  const nobody = stripe.transfers.create({ amount: 100, currency: "usd", destination: "acct_nobody" });
  await expect(nobody).rejects.toMatchObject({ code: "resource_missing", param: "destination" });

  const part = await stripe.transfers.createReversal(sent.id, { amount: 300 });
  expect(part).toMatchObject({ object: "transfer_reversal", amount: 300, transfer: sent.id });
  await expect(stripe.transfers.createReversal(sent.id, { amount: 701 })).rejects.toMatchObject({ param: "amount" });
  await stripe.transfers.createReversal(sent.id);
  await expect(stripe.transfers.createReversal(sent.id)).rejects.toThrow("already fully reversed");
  await stripe.transfers.updateReversal(sent.id, part.id, { metadata: { why: "late" } });
  expect(await stripe.transfers.retrieveReversal(sent.id, part.id)).toMatchObject({ metadata: { why: "late" } });
  expect((await stripe.transfers.listReversals(sent.id)).data.map(({ amount }) => amount)).toEqual([700, 300]);
  await stripe.transfers.update(sent.id, { description: "For May" });
  const after = await stripe.transfers.retrieve(sent.id, { expand: ["destination"] });
  expect(after).toMatchObject({ reversed: true, amount_reversed: 1000, description: "For May" });
  expect(after.destination).toMatchObject({ email: "shop@example.com", charges_enabled: false });
  expect((await stripe.transfers.list({ destination })).data).toMatchObject([{ id: sent.id }]);
  expect(await stripe.balance.retrieve()).toMatchObject({ available: [{ amount: 9680 }] });
  expect(typesSince(on, from)).toEqual(
    expect.arrayContaining(["transfer.created", "transfer.reversed", "transfer.updated"]),
  );
});

// https://docs.stripe.com/connect/webhooks
test("what happens to an account that joined is told to no endpoint of the platform's own", async () => {
  const on = await bench();
  const { id } = await on.stripe.accounts.create({ metadata: { shop: "1" } });
  await on.stripe.accounts.update(id, { metadata: { shop: "2" } });
  expect((await on.stripe.accounts.list()).data).toMatchObject([{ id, metadata: { shop: "2" } }]);
  expect(await on.stripe.accounts.del(id)).toEqual({ id, object: "account", deleted: true });
  await expect(on.stripe.accounts.retrieve(id)).rejects.toMatchObject({ code: "account_invalid" });
  const told = on.emulator.events().map(({ type, account }) => ({ type, account }));
  expect(told).toEqual([
    { type: "account.updated", account: id },
    { type: "account.application.deauthorized", account: id },
  ]);
  await on.emulator.waitForDeliveries();
  expect(on.received).toEqual([]);
});
