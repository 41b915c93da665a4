import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, CARD, createCheckout, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

async function paying(): Promise<{ customer: string; method: string }> {
  const { id: customer } = await stripe.customers.create();
  const { id: method } = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  return { customer, method };
}

// https://docs.stripe.com/api/payment_methods/attach, /detach
test("a method is one customer's: nobody else is charged to it, and once detached nobody is", async () => {
  const [mine, theirs] = [await paying(), await paying()];
  const price = await createPlan(stripe);
  const { id } = await stripe.subscriptions.create({ customer: mine.customer, items: [{ price: price.id }] });
  const update = (default_payment_method: string) => stripe.subscriptions.update(id, { default_payment_method });
  for (const named of ["pm_nope", theirs.method])
    await expect(update(named)).rejects.toMatchObject({ code: "resource_missing", param: "default_payment_method" });
  const pay = (customer?: string) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: "eur",
      payment_method: theirs.method,
      ...(customer === undefined ? {} : { customer }),
    });
  await expect(pay(mine.customer)).rejects.toMatchObject({ param: "payment_method" });
  await expect(pay()).rejects.toMatchObject({ param: "payment_method" });
  const attach = () => stripe.paymentMethods.attach(theirs.method, { customer: mine.customer });
  await expect(attach()).rejects.toMatchObject({ message: expect.stringContaining("already been attached") });
  await stripe.paymentMethods.detach(theirs.method);
  await expect(attach()).rejects.toMatchObject({ message: expect.stringContaining("may not be used again") });
  await expect(stripe.paymentMethods.detach(theirs.method)).rejects.toMatchObject({ code: "resource_missing" });
});

// https://docs.stripe.com/api/errors: what is invalid is not done, and what a card was declined for is an attempt.
test("what is refused leaves no trace and is told to nobody; what is declined is an attempt", async () => {
  const { customer } = await paying();
  await stripe.customers.update(customer, { address: { country: "DE" } });
  const price = await createPlan(stripe);
  const other = await createPlan(stripe, { unit_amount: 9000 });
  const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const coupon = await stripe.coupons.create({ percent_off: 50 });
  const rate = await stripe.taxRates.create({ display_name: "VAT", percentage: 19, inclusive: false });
  await bench.emulator.waitForDeliveries();
  const state = () => Promise.all([stripe.subscriptions.retrieve(id), stripe.coupons.retrieve(coupon.id)]);
  const [before, events, heard] = [await state(), bench.emulator.events().length, bench.received.length];
  const update = stripe.subscriptions.update(id, {
    discounts: [{ coupon: coupon.id }],
    items: [{ id: String(items.data[0]?.id), price: other.id }],
    proration_behavior: "always_invoice",
    default_tax_rates: [rate.id],
    automatic_tax: { enabled: true },
  });
  await expect(update).rejects.toMatchObject({ statusCode: 400, param: "default_tax_rates" });
  await bench.emulator.waitForDeliveries();
  expect([await state(), bench.emulator.events().length, bench.received.length]).toEqual([before, events, heard]);

  const automatic_payment_methods = { enabled: true, allow_redirects: "never" } as const;
  const declined = { amount: 500, currency: "eur", confirm: true, automatic_payment_methods };
  await expect(
    stripe.paymentIntents.create({ ...declined, payment_method: "pm_card_visa_chargeDeclined" }),
  ).rejects.toMatchObject({ statusCode: 402 });
  expect(typesSince(bench, events)).toContain("payment_intent.payment_failed");
});

test("an invoice is not paid with another customer's method, nor with nobody's", async () => {
  const [mine, theirs] = [await paying(), await paying()];
  await stripe.invoiceItems.create({ customer: mine.customer, amount: 500, currency: "eur" });
  const { id } = await stripe.invoices.create({
    customer: mine.customer,
    pending_invoice_items_behavior: "include",
  });
  await stripe.invoices.finalizeInvoice(id);
  const nobodys = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
  for (const named of [theirs.method, nobodys.id, "pm_card_visa"]) {
    const paid = stripe.invoices.pay(id, { payment_method: named });
    await expect(paid).rejects.toMatchObject({ statusCode: 400, param: "payment_method" });
    const refused = { code: "resource_missing", param: "default_payment_method" };
    const by = { default_payment_method: named };
    await expect(stripe.invoices.create({ customer: mine.customer, ...by })).rejects.toMatchObject(refused);
    await expect(stripe.invoices.update(id, by)).rejects.toMatchObject(refused);
  }
  expect((await stripe.invoices.retrieve(id)).status).toBe("open");
});

// https://docs.stripe.com/api/invoices/create#create_invoice-due_date
test("only what is sent is due: once, in the future, and as its draft said", async () => {
  const { customer } = await paying();
  const items = [{ price: (await createPlan(stripe)).id }];
  const { id: subscription } = await stripe.subscriptions.create({ customer, items });
  const sent = { collection_method: "send_invoice" } as const;
  const soon = Math.floor(Date.now() / 1000) + 86_400;
  const create = (params: Partial<Stripe.InvoiceCreateParams>) => stripe.invoices.create({ customer, ...params });
  const onlySent =
    "You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'.";
  for (const [params, message] of [
    [{ days_until_due: 5 }, onlySent],
    [{ due_date: soon }, onlySent],
    [sent, "you must specify 'due_date' or 'days_until_due'"],
    [{ ...sent, days_until_due: 5, due_date: soon }, "only specify one"],
    [{ ...sent, due_date: soon - 2 * 86_400 }, "must be in the future"],
  ] as const)
    await expect(create(params), message).rejects.toThrow(message);
  const { id, created, due_date } = await create({ ...sent, due_date: soon });
  expect(due_date).toBe(soon);
  await expect(stripe.invoices.update(id, { due_date: 1 })).rejects.toThrow("must be in the future");
  const changed = await stripe.invoices.update(id, { days_until_due: 3 });
  expect(changed.due_date).toBe(created + 3 * 86_400);
  const charged = await stripe.invoices.update(id, { collection_method: "charge_automatically" });
  expect(charged.due_date).toBeNull();
  await expect(stripe.invoices.update(id, { days_until_due: 3 })).rejects.toThrow(onlySent);
  await stripe.invoices.finalizeInvoice(id);
  await expect(stripe.invoices.update(id, sent)).rejects.toThrow("Finalized invoices can't be updated in this way");
  const days = "You can only specify 'days_until_due'";
  await expect(stripe.subscriptions.create({ customer, items, days_until_due: 5 })).rejects.toThrow(days);
  await expect(stripe.subscriptions.update(subscription, { days_until_due: 5 })).rejects.toThrow(days);
  await expect(stripe.quotes.create({ customer, invoice_settings: { days_until_due: 5 } })).rejects.toThrow(days);
});

test("numbers that Stripe does not take are refused", async () => {
  const { customer } = await paying();
  const { id: price, product } = await createPlan(stripe);
  const begin = (overrides: Partial<Stripe.SubscriptionCreateParams>) =>
    stripe.subscriptions.create({ customer, items: [{ price }], ...overrides });
  await expect(begin({ items: [{ price, quantity: -3 }] })).rejects.toMatchObject({ param: "items[0][quantity]" });
  const sent = { collection_method: "send_invoice" as const, days_until_due: -3 };
  await expect(begin(sent)).rejects.toMatchObject({ param: "days_until_due" });
  const make = (overrides: Partial<Stripe.PriceCreateParams>) =>
    stripe.prices.create({ product: String(product), currency: "usd", unit_amount: 100, ...overrides });
  await expect(make({ unit_amount: 100_000_000 })).rejects.toMatchObject({ param: "unit_amount" });
  for (const currency of ["xyz", "cod"]) await expect(make({ currency })).rejects.toMatchObject({ param: "currency" });
});

// https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage
test("a test clock has three customers at most", async () => {
  const { id: test_clock } = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  for (const _ of [1, 2, 3]) await stripe.customers.create({ test_clock });
  await expect(stripe.customers.create({ test_clock })).rejects.toMatchObject({ param: "test_clock", statusCode: 400 });
});

test("a customer on a test clock has three subscriptions and schedules at most, however they came", async () => {
  const { clock, customer, price } = await onClock(bench, START);
  const items = [{ price: price.id, quantity: 1 }];
  const subscribe = () => stripe.subscriptions.create({ customer, items });
  const schedule = () =>
    stripe.subscriptionSchedules.create({ customer, start_date: START + 86_400, phases: [{ items }] });
  const sold = await createCheckout(stripe, price, { customer });
  const quote = await stripe.quotes.create({ customer, line_items: [{ price: price.id }] });
  await stripe.quotes.finalizeQuote(quote.id);
  const [first] = [await subscribe(), await subscribe(), await schedule()];
  const full = { statusCode: 400, param: "customer", message: expect.stringContaining("at most 3 subscriptions") };
  await expect(subscribe()).rejects.toMatchObject(full);
  await expect(schedule()).rejects.toMatchObject(full);
  await expect(stripe.quotes.accept(quote.id)).rejects.toMatchObject(full);
  const refused = await bench.submit(sold.url, { ...CARD, email: "ada@example.com" });
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("at most 3 subscriptions")]);
  expect((await stripe.charges.list({ customer })).data).toHaveLength(2);
  await stripe.subscriptions.cancel(first.id);
  await subscribe();
  expect((await stripe.subscriptions.list({ test_clock: clock })).data).toHaveLength(2);
});

test("a test clock moves by two intervals of its shortest subscription at once, or two years without any", async () => {
  const { clock, customer, price, subscribe } = await onClock(bench, START);
  const on = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / 1000;
  const move = (to: number) => stripe.testHelpers.testClocks.advance(clock, { frozen_time: to });
  const arrived = () =>
    expect
      .poll(async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status, { interval: 5 })
      .toBe("ready");
  const furthest = async (moment: number) => {
    const message = expect.stringContaining(`You can only advance it up to ${moment} (`);
    await expect(move(moment + 1)).rejects.toMatchObject({ statusCode: 400, param: "frozen_time", message });
  };
  await furthest(on(2029, 4, 1));
  const yearly = await createPlan(stripe, { recurring: { interval: "year" } });
  await subscribe({ items: [{ price: yearly.id }] });
  await furthest(on(2029, 4, 1));
  const monthly = await subscribe();
  await furthest(on(2027, 6, 1));
  await expect(move(on(2027, 7, 1))).rejects.toThrow(
    `The frozen time of this clock is ${START} (2027-04-01 00:00:00 UTC). You can only advance it up to ${on(2027, 6, 1)} (2027-06-01 00:00:00 UTC). You can only advance a test clock up to two intervals from the current frozen time at a time, based on the shortest subscription interval in the test clock.`,
  );
  expect(await stripe.testHelpers.testClocks.retrieve(clock)).toMatchObject({ status: "ready", frozen_time: START });
  await move(on(2027, 6, 1));
  await arrived();
  await stripe.subscriptions.cancel(monthly.id);
  await furthest(on(2029, 6, 1));
  const weekly = await createPlan(stripe, { recurring: { interval: "week" } });
  await stripe.subscriptionSchedules.create({
    customer,
    start_date: on(2028, 1, 1),
    phases: [
      { end_date: on(2028, 2, 1), items: [{ price: price.id, quantity: 1 }] },
      { items: [{ price: weekly.id, quantity: 1 }] },
    ],
  });
  await furthest(on(2027, 6, 15));
});

// https://docs.stripe.com/metadata#data
test("metadata has fifty keys at most, however they came", async () => {
  const keys = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, "x"]));
  const { id } = await stripe.customers.create({ metadata: keys(0, 50) });
  await expect(stripe.customers.update(id, { metadata: keys(50, 1) })).rejects.toMatchObject({ param: "metadata" });
  await stripe.customers.update(id, { metadata: { k0: "", ...keys(50, 1) } });
});

const MAY_NOT = { message: expect.stringContaining("It may not be used again.") };

// https://docs.stripe.com/api/payment_methods/detach
describe("a method that was detached pays nothing any more, though a subscription still names it:", () => {
  /** A subscription on a clock, paid by a method of its own; the customer's default is another, good one. */
  async function subscribed() {
    const clocked = await onClock(bench, START);
    const { id: method } = await stripe.paymentMethods.attach("pm_card_visa", { customer: clocked.customer });
    const { id } = await clocked.subscribe({ default_payment_method: method });
    return {
      ...clocked,
      id,
      method,
      detach: () => stripe.paymentMethods.detach(method),
      latest: async () => {
        const { latest_invoice } = await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice"] });
        return latest_invoice as Stripe.Invoice;
      },
    };
  }
  const charged = async (payment_method: string) =>
    (await stripe.charges.list()).data.filter((charge) => charge.payment_method === payment_method).length;

  test("not its renewal, nor a retry of that, nor its invoice by hand", async () => {
    const { id, customer, method, detach, latest, advance } = await subscribed();
    await detach();
    const types = await advance(END + 4 * DAY);
    expect(types.filter((type) => type === "invoice.payment_failed")).toHaveLength(2);
    expect(await latest()).toMatchObject({ status: "open", attempt_count: 2 });
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "past_due",
      default_payment_method: method,
    });
    await expect(stripe.invoices.pay((await latest()).id)).rejects.toMatchObject(MAY_NOT);
    expect(await charged(method)).toBe(1);
    const other = await stripe.paymentMethods.attach("pm_card_visa", { customer });
    expect((await stripe.invoices.pay((await latest()).id, { payment_method: other.id })).status).toBe("paid");
  });

  test("not an upgrade that is invoiced at once", async () => {
    const dear = await createPlan(stripe, { unit_amount: 4500 });
    for (const [payment_behavior, outcome] of [
      ["allow_incomplete", { status: "past_due", pending_update: null }],
      ["pending_if_incomplete", { status: "active", pending_update: { subscription_items: [{}] } }],
    ] as const) {
      const { id, method, detach, latest } = await subscribed();
      const { data } = (await stripe.subscriptions.retrieve(id)).items;
      await detach();
      const change = {
        items: [{ id: data[0]?.id ?? "", price: dear.id }],
        proration_behavior: "always_invoice" as const,
      };
      const refused = stripe.subscriptions.update(id, { ...change, payment_behavior: "error_if_incomplete" });
      await expect(refused).rejects.toMatchObject({ statusCode: 402 });
      expect(await stripe.subscriptions.update(id, { ...change, payment_behavior })).toMatchObject(outcome);
      expect(await latest()).toMatchObject({ status: "open", amount_due: 3000, attempted: true });
      expect(await charged(method)).toBe(1);
    }
  });

  test("nor what a trial, a phase or an unanswered challenge of its bank comes to", async () => {
    const { method, subscribe, advance, customer, price } = await subscribed();
    const trial = await subscribe({ default_payment_method: method, trial_end: HALF });
    const phase = { items: [{ price: price.id }], default_payment_method: method };
    const later = { customer, start_date: HALF, phases: [{ ...phase, duration: { interval: "month" as const } }] };
    const { id: schedule } = await stripe.subscriptionSchedules.create(later);
    const asked = await stripe.paymentIntents.create({
      amount: 500,
      currency: "eur",
      customer,
      payment_method: (await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer })).id,
      confirm: true,
      return_url: "http://localhost/back",
    });
    const setup = await stripe.setupIntents.create({
      customer,
      payment_method: String(asked.payment_method),
      confirm: true,
      return_url: "http://localhost/back",
    });
    for (const each of [method, String(asked.payment_method)]) await stripe.paymentMethods.detach(each);
    for (const { next_action: next } of [asked, setup])
      await bench.submit(next?.redirect_to_url?.url ?? "", { challenge: "complete" });
    expect((await stripe.paymentIntents.retrieve(asked.id)).status).toBe("requires_payment_method");
    expect((await stripe.setupIntents.retrieve(setup.id)).status).toBe("requires_payment_method");
    await advance(HALF + DAY);
    const { subscription: begun } = await stripe.subscriptionSchedules.retrieve(schedule);
    for (const id of [trial.id, String(begun)])
      expect((await stripe.subscriptions.retrieve(id)).status).toBe("past_due");
    expect(await charged(method)).toBe(1);
  });

  test("nor a payment or a setup that it was named for, nor one while its customer is away", async () => {
    const { customer, method } = await paying();
    const about = { customer, payment_method: method };
    const waiting = await stripe.paymentIntents.create({ ...about, amount: 500, currency: "eur" });
    const setup = await stripe.setupIntents.create(about);
    await stripe.paymentMethods.detach(method);
    await expect(stripe.paymentIntents.confirm(waiting.id, { return_url: "http://localhost/" })).rejects.toMatchObject(
      MAY_NOT,
    );
    await expect(stripe.setupIntents.confirm(setup.id, { return_url: "http://localhost/" })).rejects.toMatchObject(
      MAY_NOT,
    );
    const away = {
      ...about,
      amount: 500,
      currency: "eur",
      off_session: true,
      confirm: true,
      return_url: "http://localhost/",
    };
    await expect(stripe.paymentIntents.create(away)).rejects.toMatchObject(MAY_NOT);
    await expect(
      stripe.setupIntents.create({ ...about, confirm: true, return_url: "http://localhost/" }),
    ).rejects.toMatchObject(MAY_NOT);
  });
});

test("a deleted customer's methods pay nothing any more", async () => {
  const { customer, method } = await paying();
  const { id } = await stripe.paymentIntents.create({ customer, payment_method: method, amount: 500, currency: "eur" });
  await stripe.customers.del(customer);
  await expect(stripe.paymentIntents.confirm(id, { return_url: "http://localhost/" })).rejects.toMatchObject(MAY_NOT);
  await stripe.paymentMethods.detach(method);
});

// In Stripe's words: https://github.com/Automattic/woocommerce-payments/issues/323, https://github.com/stripe/stripe-react-native/issues/1170
test("a method that is nobody's is charged once, well or not; one that pays for whoever keeps it is theirs then", async () => {
  const made = async (token: string) => {
    const params = { type: "card", card: { token } } as const;
    return (await stripe.paymentMethods.create(params)).id;
  };
  const { id: customer } = await stripe.customers.create();
  const pay = (payment_method: string, overrides: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: "eur",
      payment_method,
      confirm: true,
      return_url: "http://localhost/",
      ...overrides,
    });
  const [guest, declined, once, kept, asked] = (await Promise.all(
    ["tok_visa", "tok_visa_chargeDeclined", "tok_visa", "tok_visa", "tok_threeDSecureRequired"].map(made),
  )) as [string, string, string, string, string];
  await pay(guest);
  await expect(pay(declined)).rejects.toMatchObject({ code: "card_declined" });
  await pay(once, { customer });
  for (const used of [guest, declined, once]) {
    await expect(pay(used)).rejects.toMatchObject(MAY_NOT);
    await expect(stripe.paymentMethods.attach(used, { customer })).rejects.toMatchObject(MAY_NOT);
  }
  for (const _ of [1, 2]) await pay(kept, { customer, setup_future_usage: "off_session" });
  // Nothing was charged before the bank's challenge is passed.
  const { id } = await pay(asked);
  expect((await stripe.paymentIntents.confirm(id, { return_url: "http://localhost/" })).status).toBe("requires_action");
  await stripe.setupIntents
    .create({ payment_method: await made("tok_visa"), confirm: true, return_url: "http://localhost/" })
    .then((saved) => stripe.paymentMethods.attach(String(saved.payment_method), { customer }));
});

test("a card that is a customer's source is detached like any method: the newest other one takes its place", async () => {
  const { id: customer } = await stripe.customers.create({ source: "tok_visa" });
  const first = await stripe.customers.retrieve(customer);
  const other = await stripe.customers.createSource(customer, { source: "tok_mastercard" });
  await stripe.paymentMethods.detach(String((first as Stripe.Customer).default_source));
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ default_source: other.id });
});

test("a method is not saved for whom it is not", async () => {
  const [mine, theirs] = [await paying(), await paying()];
  const take = (customer?: string) =>
    stripe.setupIntents.create({ payment_method: theirs.method, ...(customer === undefined ? {} : { customer }) });
  const { id } = await stripe.setupIntents.create({ customer: mine.customer });
  const confirmed = () =>
    stripe.setupIntents.confirm(id, { payment_method: theirs.method, return_url: "http://localhost/" });
  for (const attempt of [() => take(mine.customer), take, confirmed])
    await expect(attempt()).rejects.toMatchObject({ param: "payment_method" });
});

test("a card that its bank declines after its challenge was passed leaves the invoice unpaid", async () => {
  const { id: customer } = await stripe.customers.create();
  await stripe.invoiceItems.create({ customer, amount: 500, currency: "eur" });
  const { id } = await stripe.invoices.create({ customer, pending_invoice_items_behavior: "include" });
  const { hosted_invoice_url: url } = await stripe.invoices.finalizeInvoice(id);
  await bench.submit(url ?? "", { ...CARD, card_number: "4000008400001629" });
  const from = bench.emulator.events().length;
  const answer = await bench.submit(url ?? "", { challenge: "complete" });
  expect(await answer.text()).toContain("Your card was declined.");
  expect(typesSince(bench, from)).toContain("invoice.payment_failed");
  expect((await stripe.invoices.retrieve(id)).status).toBe("open");
});
