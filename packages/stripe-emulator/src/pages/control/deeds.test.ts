import type Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";
import { type Bench, createPlan, openBench } from "../../testing/bench.ts";

async function bench(): Promise<Bench> {
  const opened = await openBench();
  onTestFinished(() => opened.close());
  return opened;
}

const read = async (on: Bench, path: string) => (await fetch(`${on.origin}/_emulator/control/${path}`)).text();

/** Posts a form of the control room; answers the page that it leads to, or the one that says what is wrong. */
async function press(on: Bench, path: string, body: Record<string, string> = {}): Promise<string> {
  const headers = { "sec-fetch-site": "same-origin" };
  const answer = await fetch(`${on.origin}/_emulator/control/${path}`, {
    method: "POST",
    body: new URLSearchParams(body),
    headers,
  });
  return answer.text();
}

async function subscribe({
  stripe,
}: Bench): Promise<{ customer: string; card: string; subscription: Stripe.Subscription }> {
  const { id: price } = await createPlan(stripe);
  const { id: customer, invoice_settings } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price }] });
  return { customer, card: String(invoice_settings.default_payment_method), subscription };
}

/** By a month, and the hour after which a renewal's invoice is charged. */
async function advance(on: Bench, clock: string): Promise<void> {
  const status = async () => (await on.stripe.testHelpers.testClocks.retrieve(clock)).status;
  for (const by of ["month", "hour"]) {
    await press(on, `clocks/${clock}/advance`, { by });
    await expect.poll(status, { interval: 5, timeout: 10_000 }).toBe("ready");
  }
}

test("who bought in real time is put on a clock, and is renewed when it moves", async () => {
  const on = await bench();
  const { customer, subscription } = await subscribe(on);
  const other = await subscribe(on);
  expect(await read(on, `objects/${customer}`)).toContain("Put on a clock of its own");
  expect(await press(on, `customers/${customer}/clock`)).toContain("Their time stands still now");
  const { test_clock: clock } = await on.stripe.subscriptions.retrieve(subscription.id);
  await advance(on, String(clock));
  const invoices = async (of: string) =>
    (await on.stripe.invoices.list({ customer: of })).data.map((row) => row.test_clock);
  expect(await invoices(customer)).toEqual([clock, clock]);
  expect(await invoices(other.customer)).toEqual([null]);
  expect((await on.stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.current_period_start).toBe(
    subscription.items.data[0]?.current_period_end,
  );
  expect(await press(on, `customers/${customer}/clock`)).toContain("is on a clock already");
});

test("everybody who lives in real time is put on one clock; then there is nobody left", async () => {
  const on = await bench();
  const [one, two] = [await subscribe(on), await subscribe(on)];
  expect(await read(on, "clocks")).toContain("2 customers live");
  await press(on, "clocks/everybody");
  const clocks = await Promise.all(
    [one, two].map(async ({ customer }) => (await on.stripe.customers.retrieve(customer)) as Stripe.Customer),
  );
  expect(clocks[0]?.test_clock).toMatch(/^clock_/);
  expect(clocks[1]?.test_clock).toBe(clocks[0]?.test_clock);
  expect(await read(on, "clocks")).not.toContain("In real time");
  expect(await press(on, "clocks/everybody")).toContain("No customer lives in real time");
});

test("a card's next payments fail, and it pays again", async () => {
  const on = await bench();
  const { customer, card, subscription } = await subscribe(on);
  await press(on, `customers/${customer}/clock`);
  const clock = String((await on.stripe.subscriptions.retrieve(subscription.id)).test_clock);
  expect(await press(on, `payment_methods/${card}/decline`, { do: "decline" })).toContain("the next payment fails");
  await advance(on, clock);
  expect((await on.stripe.subscriptions.retrieve(subscription.id)).status).toBe("past_due");
  expect(await press(on, `payment_methods/${card}/decline`, { do: "pay" })).toContain("It pays again");
  const [open] = (await on.stripe.invoices.list({ customer, status: "open" })).data;
  expect((await on.stripe.invoices.pay(open?.id ?? "")).status).toBe("paid");
});

test("a charge is refunded, and another one disputed, with the events that Stripe sends", async () => {
  const on = await bench();
  const chargeOf = async () => (await on.stripe.charges.list({ customer: (await subscribe(on)).customer })).data[0]?.id;
  const [refunded, disputed] = [await chargeOf(), await chargeOf()];
  expect(await press(on, `charges/${refunded}/refund`)).toContain("The money goes back");
  expect(await press(on, `charges/${refunded}/refund`)).toContain("has already been refunded");
  expect(await press(on, `charges/${refunded}/dispute`)).toContain("was refunded whole");
  expect(await press(on, `charges/${disputed}/dispute`)).toContain("The bank has taken the money back");
  expect(await press(on, `charges/${disputed}/dispute`)).toContain("is disputed already");
  const types = on.emulator.events().map(({ type }) => type);
  expect(types).toEqual(
    expect.arrayContaining(["charge.refunded", "charge.dispute.created", "charge.dispute.funds_withdrawn"]),
  );
});

test("a product is made with its price; what cannot be one is refused in words", async () => {
  const on = await bench();
  const product = { name: "Pro", amount: "1500", currency: "EUR", interval: "month" };
  expect(await press(on, "products", product)).toContain("The product is made");
  const [price] = (await on.stripe.prices.list()).data;
  expect(price).toMatchObject({ unit_amount: 1500, currency: "eur", recurring: { interval: "month" } });
  await press(on, "products", { ...product, interval: "" });
  expect((await on.stripe.prices.list()).data[0]?.recurring).toBeNull();
  expect(await press(on, "products", { ...product, amount: "15.00" })).toContain('role="alert"');
  expect((await on.stripe.products.list()).data).toHaveLength(2);
});
