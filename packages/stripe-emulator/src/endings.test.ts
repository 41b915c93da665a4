import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { type Clocked, DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const failing = async ({ customer }: Clocked): Promise<void> => {
  const { id } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
};

async function pastDue(): Promise<{ clocked: Clocked; id: string; invoice: string }> {
  const clocked = await onClock(bench, START);
  const { id } = await clocked.subscribe();
  await failing(clocked);
  await clocked.advance(END + 2 * 3600);
  const { status, latest_invoice: invoice } = await stripe.subscriptions.retrieve(id);
  expect(status).toBe("past_due");
  return { clocked, id, invoice: String(invoice) };
}

// https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
test("a past due subscription is active once its latest invoice is written off", async () => {
  const { id, invoice } = await pastDue();
  await stripe.invoices.markUncollectible(invoice);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
});

test("when its latest invoice is voided, the one before decides", async () => {
  const { id, invoice } = await pastDue();
  await stripe.invoices.voidInvoice(invoice);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("active");
  const owing = await pastDue();
  await owing.clocked.advance(END + 31 * DAY + 2 * 3600).catch(() => []);
  const { latest_invoice: last, status } = await stripe.subscriptions.retrieve(owing.id);
  if (status !== "past_due") return; // It was given up meanwhile.
  await stripe.invoices.voidInvoice(String(last));
  expect((await stripe.subscriptions.retrieve(owing.id)).status).toBe("past_due");
});

// https://docs.stripe.com/api/subscriptions/update#update_subscription-cancel_at
test("an end within the period leaves a credit for the rest; taken back, also in the portal, none", async () => {
  const { subscribe, customer, advance } = await onClock(bench, START);
  const { id } = await subscribe();
  const pending = async () =>
    (await stripe.invoiceItems.list({ customer, pending: true })).data.map(({ amount }) => amount);
  await stripe.subscriptions.update(id, { cancel_at: HALF });
  expect(await pending()).toEqual([-750]);
  await stripe.subscriptions.update(id, { cancel_at: "" });
  expect(await pending()).toEqual([]);
  await stripe.subscriptions.update(id, { cancel_at: HALF });
  const { url } = await stripe.billingPortal.sessions.create({ customer });
  await bench.submit(url, { action: "resume", subscription: id });
  expect(await pending()).toEqual([]);
  await stripe.subscriptions.update(id, { cancel_at: HALF, proration_behavior: "none" });
  expect(await pending()).toEqual([]);
  await stripe.subscriptions.update(id, { cancel_at: "" });
  await stripe.subscriptions.update(id, { cancel_at: HALF });
  await advance(HALF + 2 * 3600);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe("canceled");
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -750 });
});

// https://docs.stripe.com/api/subscriptions/update#update_subscription-trial_end, -proration_behavior
test("a trial for whoever pays already gives the unused time back", async () => {
  const { subscribe, customer, advance } = await onClock(bench, START);
  const { id } = await subscribe();
  await advance(HALF);
  const trial = await stripe.subscriptions.update(id, { trial_end: HALF + 7 * DAY, expand: ["latest_invoice"] });
  expect(trial).toMatchObject({
    status: "trialing",
    latest_invoice: { total: -750, amount_due: 0, status: "paid", lines: { data: { length: 2 } } },
  });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -750 });
  await advance(HALF + 7 * DAY + 2 * 3600);
  expect(await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] })).toMatchObject({
    status: "active",
    latest_invoice: { total: 1500, amount_paid: 750 },
  });
});

// https://docs.stripe.com/api/subscriptions/create#create_subscription-trial_end
test("a trial cannot end in the past, nor in more than two years", async () => {
  const { subscribe, price } = await onClock(bench, START);
  for (const trial_end of [START - 365 * DAY, START + 740 * DAY]) {
    await expect(subscribe({ trial_end })).rejects.toMatchObject({ param: "trial_end", statusCode: 400 });
  }
  const tooLong = { param: expect.stringContaining("trial_period_days") };
  for (const trial_period_days of [-5, 731]) {
    await expect(subscribe({ trial_period_days })).rejects.toMatchObject(tooLong);
    const recurring = { interval: "month" as const, trial_period_days };
    await expect(createPlan(stripe, { recurring })).rejects.toMatchObject(tooLong);
    const plan = { currency: "eur", amount: 1, interval: "month" as const, product: String(price.product) };
    await expect(stripe.plans.create({ ...plan, trial_period_days })).rejects.toMatchObject(tooLong);
    await expect(stripe.quotes.create({ subscription_data: { trial_period_days } })).rejects.toMatchObject(tooLong);
  }
  expect((await subscribe({ trial_period_days: 730 })).status).toBe("trialing");
  const { id } = await subscribe();
  for (const trial_end of [START - DAY, START + 740 * DAY])
    await expect(stripe.subscriptions.update(id, { trial_end })).rejects.toMatchObject({ param: "trial_end" });
  await expect(stripe.subscriptions.update(id, { cancel_at: START - DAY })).rejects.toMatchObject({
    param: "cancel_at",
  });
});

// https://docs.stripe.com/api/subscriptions/update
test("of a canceled subscription, metadata and the reasons can still be said", async () => {
  const { subscribe } = await onClock(bench, START);
  const { id } = await subscribe();
  const details = { cancellation_details: { feedback: "unused" as const } };
  await expect(stripe.subscriptions.update(id, details)).rejects.toMatchObject({ param: "cancellation_details" });
  await stripe.subscriptions.cancel(id);
  const said = await stripe.subscriptions.update(id, { metadata: { why: "told" }, ...details });
  expect(said).toMatchObject({
    status: "canceled",
    metadata: { why: "told" },
    cancellation_details: { feedback: "unused" },
  });
  await expect(stripe.subscriptions.update(id, { description: "late" })).rejects.toMatchObject({ statusCode: 400 });
});

test("a subscription's latest invoice changes with an event: at a planned end, with a trial, on resuming", async () => {
  const shown = async (id: string) => {
    const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(id);
    const events = bench.emulator.events().filter(({ data }) => (data.object as { id?: string }).id === id);
    expect(events.at(-1)?.data.object).toMatchObject({ latest_invoice: invoice });
    return invoice;
  };
  const ending = await onClock(bench, START);
  const { id: ended, latest_invoice: first, items } = await ending.subscribe();
  await stripe.subscriptions.update(ended, {
    items: [{ id: String(items.data[0]?.id), quantity: 2 }],
    cancel_at_period_end: true,
  });
  await ending.advance(END + 2 * 3600);
  expect(await shown(ended)).not.toBe(first);

  const trying = await onClock(bench, START);
  const { id: tried, latest_invoice: paid } = await trying.subscribe();
  await stripe.subscriptions.update(tried, { trial_end: HALF });
  expect(await shown(tried)).not.toBe(paid);

  const resuming = await onClock(bench, START, null);
  const { id: paused, latest_invoice: trial } = await resuming.subscribe({
    trial_end: HALF,
    trial_settings: { end_behavior: { missing_payment_method: "pause" } },
  });
  await resuming.advance(HALF + 3600);
  await failing(resuming);
  await stripe.subscriptions.resume(paused).catch(() => undefined);
  expect(await shown(paused)).not.toBe(trial);
});
