import { expect, onTestFinished, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";
import { controlsOf } from "./testing/controls.ts";

const DAY = 86_400;

/** An account that has sold. */
async function account(): Promise<Bench & { subscription: string }> {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const { stripe } = bench;
  const { id: price } = await createPlan(stripe);
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const { id: subscription } = await stripe.subscriptions.create({ customer, items: [{ price }] });
  return { ...bench, subscription };
}

test("events older than 30 days are neither listed nor retrieved; those of today are", async () => {
  const { stripe, origin, emulator } = await account();
  const [old] = (await stripe.events.list()).data;
  await controlsOf({ origin }).age(29, { objects: false });
  expect((await stripe.events.retrieve(String(old?.id))).created).toBe(Number(old?.created) - 29 * DAY);
  await controlsOf({ origin }).age(2, { objects: false });
  expect((await stripe.events.list()).data).toEqual([]);
  const missing = { statusCode: 404, code: "resource_missing" };
  await expect(stripe.events.retrieve(String(old?.id))).rejects.toMatchObject(missing);
  const { id } = await stripe.customers.create({});
  expect((await stripe.events.list()).data).toMatchObject([{ type: "customer.created", data: { object: { id } } }]);
  expect(emulator.events().length).toBeGreaterThan(5);
});

test("an account with a past is as old as it says, and its subscriptions go on", async () => {
  const { stripe, origin, subscription } = await account();
  const before = await stripe.subscriptions.retrieve(subscription);
  const { created: opened = 0 } = await stripe.accounts.retrieveCurrent();
  await controlsOf({ origin }).age(400);
  const after = await stripe.subscriptions.retrieve(subscription);
  expect(after.created).toBe(before.created - 400 * DAY);
  expect(after.items.data[0]?.created).toBe(Number(before.items.data[0]?.created) - 400 * DAY);
  expect(after.items.data[0]?.current_period_end).toBe(before.items.data[0]?.current_period_end);
  expect((await stripe.accounts.retrieveCurrent()).created).toBe(opened - 400 * DAY);
  const recent = { created: { gte: before.created - DAY } };
  for (const list of [stripe.invoices.list(recent), stripe.charges.list(recent), stripe.customers.list(recent)])
    expect((await list).data).toEqual([]);
  expect((await stripe.invoices.list()).data).toHaveLength(1);
});

test("an outage makes events old and leaves the objects as they are", async () => {
  const { stripe, origin, subscription } = await account();
  const before = await stripe.subscriptions.retrieve(subscription);
  await controlsOf({ origin }).age(40, { objects: false });
  expect(await stripe.subscriptions.retrieve(subscription)).toEqual(before);
});
