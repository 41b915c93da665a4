import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench, typesSince } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Bench["stripe"];
beforeAll(async () => {
  bench = await openBench({ webhookEndpoints: [] });
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const MONTH = { interval: "month" as const };
const JUNE = Date.UTC(2027, 5, 1) / 1000;

async function payer() {
  const made = await onClock(bench, START);
  return { ...made, better: await createPlan(stripe, { unit_amount: 4500 }) };
}

/** A schedule of a month at one price and a month at a better one, begun now. */
async function twoPhases(overrides: Partial<Stripe.SubscriptionScheduleCreateParams> = {}) {
  const made = await payer();
  const { customer, price, better } = made;
  const schedule = await stripe.subscriptionSchedules.create({
    customer,
    start_date: "now",
    phases: [
      { items: [{ price: price.id }], duration: MONTH },
      { items: [{ price: better.id, quantity: 2 }], duration: MONTH, metadata: { tier: "better" } },
    ],
    ...overrides,
  });
  return { ...made, schedule, subscription: String(schedule.subscription) };
}

const pricesOf = async (subscription: string) =>
  (await stripe.subscriptions.retrieve(subscription)).items.data.map(({ price, quantity }) => [price.id, quantity]);

const refused = (message: string) => ({ type: "StripeInvalidRequestError", message: expect.stringContaining(message) });

test("a schedule begins its subscription at once; the first invoice is a draft for an hour", async () => {
  const from = bench.emulator.events().length;
  const { schedule, subscription, customer, advance, price, better } = await twoPhases();
  expect(schedule).toMatchObject({
    object: "subscription_schedule",
    status: "active",
    customer,
    current_phase: { start_date: START, end_date: END },
    end_behavior: "release",
    phases: [
      {
        start_date: START,
        end_date: END,
        items: [{ price: price.id, quantity: 1 }],
        proration_behavior: "create_prorations",
      },
      { start_date: END, end_date: JUNE, items: [{ price: better.id, quantity: 2 }] },
    ],
  });
  expect(await stripe.subscriptions.retrieve(subscription, { expand: ["latest_invoice", "schedule"] })).toMatchObject({
    status: "active",
    schedule: { id: schedule.id },
    latest_invoice: { status: "draft", billing_reason: "subscription_create", amount_due: 1500 },
  });
  expect(typesSince(bench, from).filter((type) => /subscription|invoice/.test(type))).toEqual([
    "customer.subscription.created",
    "invoice.created",
    "subscription_schedule.created",
  ]);
  await advance(START + 3600);
  expect((await stripe.invoices.list({ subscription })).data).toMatchObject([{ status: "paid", amount_paid: 1500 }]);
});

test("the next phase changes the subscription with the period, and is billed whole", async () => {
  const { schedule, subscription, advance, better } = await twoPhases();
  await advance(END - 1);
  const from = bench.emulator.events().length;
  await advance(END + 3600);
  expect(await pricesOf(subscription)).toEqual([[better.id, 2]]);
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ metadata: { tier: "better" } });
  expect((await stripe.invoices.list({ subscription })).data.map(({ total }) => total)).toEqual([9000, 1500]);
  const [changed, moved] = typesSince(bench, from).filter((type) => /subscription/.test(type));
  expect([changed, moved]).toEqual(["customer.subscription.updated", "subscription_schedule.updated"]);
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    current_phase: { start_date: END, end_date: JUNE },
  });
});

test("after its last phase a schedule is completed, told a week before, and the subscription goes on", async () => {
  const { schedule, subscription, advance } = await twoPhases();
  expect(await advance(JUNE - 8 * DAY)).not.toContain("subscription_schedule.expiring");
  expect(await advance(JUNE - 7 * DAY)).toContain("subscription_schedule.expiring");
  expect(await advance(JUNE + DAY)).toContain("subscription_schedule.completed");
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({
    status: "completed",
    completed_at: JUNE,
    current_phase: null,
    subscription: null,
    released_subscription: subscription,
  });
  expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({ status: "active", schedule: null });
});

test("a schedule that cancels says so on its subscription, and ends with it", async () => {
  const { schedule, subscription, advance } = await twoPhases({ end_behavior: "cancel" });
  expect((await stripe.subscriptions.retrieve(subscription)).cancel_at).toBe(JUNE);
  const types = await advance(JUNE + DAY);
  expect(types.filter((type) => /deleted|completed|schedule.canceled/.test(type))).toEqual([
    "customer.subscription.deleted",
    "subscription_schedule.completed",
  ]);
  expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("canceled");
  expect(await stripe.subscriptionSchedules.retrieve(schedule.id)).toMatchObject({ status: "completed", subscription });
  expect((await stripe.invoices.list({ subscription })).data.map(({ total }) => total)).toEqual([9000, 1500]);
});

test("a subscription is taken over as it is, and gets a phase at its period's end: a downgrade without proration", async () => {
  const { subscribe, price, better, advance } = await payer();
  const { id, items } = await subscribe({ items: [{ price: better.id }] });
  await advance(HALF);
  const taken = await stripe.subscriptionSchedules.create({ from_subscription: id });
  expect(taken).toMatchObject({
    status: "active",
    subscription: id,
    phases: [{ start_date: START, end_date: END, items: [{ price: better.id, quantity: 1 }] }],
  });
  expect((await stripe.subscriptions.retrieve(id)).schedule).toBe(taken.id);
  await expect(stripe.subscriptionSchedules.create({ from_subscription: id })).rejects.toMatchObject(
    refused("already attached to a schedule"),
  );
  await stripe.subscriptionSchedules.update(taken.id, {
    phases: [
      { items: [{ price: better.id, quantity: 1 }], start_date: START, end_date: END },
      { items: [{ price: price.id, quantity: 1 }], start_date: END, proration_behavior: "none" },
    ],
  });
  expect(await pricesOf(id)).toEqual([[better.id, 1]]);
  await advance(END + 3600);
  expect(await pricesOf(id)).toEqual([[price.id, 1]]);
  expect((await stripe.subscriptions.retrieve(id)).items.data[0]?.id).toBe(items.data[0]?.id);
  expect((await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total)).toEqual([1500, 4500]);
});

test("a phase is paid, taxed and discounted as it says; unsaid, as the customer and the account have it", async () => {
  const address = { country: "DE" };
  const { subscribe, customer, price, advance } = await payer();
  await stripe.customers.update(customer, { address });
  const { id: own } = await stripe.paymentMethods.attach("pm_card_mastercard", { customer });
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "forever" });
  const items = [{ price: price.id, quantity: 1 }];
  const { id } = await subscribe({
    items,
    default_payment_method: own,
    automatic_tax: { enabled: true },
    discounts: [{ coupon }],
  });
  const termsOf = async () => {
    const { default_payment_method, automatic_tax, discounts } = await stripe.subscriptions.retrieve(id);
    return [default_payment_method, automatic_tax.enabled, discounts.length];
  };
  const taken = await stripe.subscriptionSchedules.create({ from_subscription: id });
  expect(taken.phases).toMatchObject([{ default_payment_method: own, automatic_tax: { enabled: true } }]);
  const said = {
    default_payment_method: own,
    automatic_tax: { enabled: true },
    discounts: [{ discount: String(taken.phases[0]?.discounts[0]?.discount) }],
  };
  await stripe.subscriptionSchedules.update(taken.id, {
    phases: [
      { items, start_date: START, end_date: END, ...said },
      { items, start_date: END },
    ],
  });
  expect(await termsOf()).toEqual([own, true, 1]);
  await advance(END + 3600);
  expect(await termsOf()).toEqual([null, false, 0]);
});

test("a phase's tax rates, and its items' own, are its subscription's and on what it is invoiced with; unsaid there are none", async () => {
  const { subscribe, customer, price, advance } = await payer();
  const rate = async (percentage: number) =>
    (await stripe.taxRates.create({ display_name: "Tax", percentage, inclusive: false })).id;
  const [all, own] = [await rate(10), await rate(20)];
  const beside = await createPlan(stripe, { unit_amount: 1000 });
  const yearly = await createPlan(stripe, { unit_amount: 9000, recurring: { interval: "year" } });
  const items = [{ price: price.id }, { price: beside.id, tax_rates: [own] }];
  const { id } = await subscribe({ items, default_tax_rates: [all] });
  const taken = await stripe.subscriptionSchedules.create({ from_subscription: id });
  expect(taken.phases).toMatchObject([
    { default_tax_rates: [{ id: all }], items: [{ tax_rates: [] }, { tax_rates: [{ id: own }] }] },
  ]);
  await stripe.taxRates.update(own, { active: false });
  const running = { items, default_tax_rates: [all], start_date: START, end_date: END };
  const update = (...phases: Stripe.SubscriptionScheduleUpdateParams.Phase[]) =>
    stripe.subscriptionSchedules.update(taken.id, { phases: [running, ...phases] });
  await update(
    { items: [{ price: price.id, tax_rates: [own] }, { price: beside.id }], default_tax_rates: [all], end_date: JUNE },
    { items: [{ price: yearly.id, tax_rates: [own] }, { price: beside.id }] },
  );
  const ratesOf = async () => {
    const {
      default_tax_rates: rates,
      items: { data },
    } = await stripe.subscriptions.retrieve(id);
    return [rates, ...data.map(({ tax_rates }) => tax_rates)].map((each) => (each ?? []).map((one) => one.id));
  };
  expect(await ratesOf()).toEqual([[all], [], [own]]);
  await advance(END + 3600);
  expect(await ratesOf()).toEqual([[all], [own], []]);
  await advance(JUNE + 3600);
  expect(await ratesOf()).toEqual([[], [own], []]);
  const totals = (await stripe.invoices.list({ customer })).data.map(({ total }) => total);
  expect(totals).toEqual([10_800 + 1000, 1800 + 1100, 1650 + 1200]);

  const wrong = (phase: object) => update({ items: [{ price: price.id }], end_date: JUNE, ...phase });
  await stripe.customers.update(customer, { address: { country: "DE" } });
  for (const [phase, message] of [
    [{ default_tax_rates: ["txr_none"] }, "No such tax rate: 'txr_none'"],
    [{ default_tax_rates: [all], automatic_tax: { enabled: true } }, "automatic tax"],
    [{ items: [{ price: price.id, tax_rates: [all] }], automatic_tax: { enabled: true } }, "automatic tax"],
  ] as const)
    await expect(wrong(phase)).rejects.toMatchObject(refused(message));
  await stripe.taxRates.update(all, { active: false });
  const anew = { customer, start_date: "now" as const, phases: [{ items: [{ price: price.id, tax_rates: [all] }] }] };
  await expect(stripe.subscriptionSchedules.create(anew)).rejects.toMatchObject(refused("inactive"));
});

test("an end that a schedule plans later, or plans no more, is its subscription's too", async () => {
  const { schedule, subscription } = await twoPhases();
  const endAfter = async (end_behavior: "cancel" | "release") => {
    await stripe.subscriptionSchedules.update(schedule.id, { end_behavior });
    return (await stripe.subscriptions.retrieve(subscription)).cancel_at;
  };
  expect([await endAfter("cancel"), await endAfter("release")]).toEqual([JUNE, null]);
});

test("a phase in the middle of a period is prorated as it says", async () => {
  const { customer, price, better, advance } = await payer();
  const create = (proration_behavior: "create_prorations" | "none") =>
    stripe.subscriptionSchedules.create({
      customer,
      start_date: "now",
      phases: [
        { items: [{ price: price.id }], end_date: HALF },
        { items: [{ price: better.id }], duration: { interval: "year" }, proration_behavior },
      ],
    });
  const [prorated, plain] = [await create("create_prorations"), await create("none")];
  await advance(END + 3600);
  const billed = async ({ subscription }: Stripe.SubscriptionSchedule) =>
    (await stripe.invoices.list({ subscription: String(subscription) })).data.map(({ total }) => total);
  expect(await billed(prorated)).toEqual([4500 + 2250 - 750, 1500]);
  expect(await billed(plain)).toEqual([4500, 1500]);
});

test("a change of the phase that runs changes the subscription now", async () => {
  const { schedule, subscription, price, better, advance } = await twoPhases();
  await advance(HALF);
  const phases = [{ items: [{ price: better.id }], start_date: START, end_date: END }];
  await stripe.subscriptionSchedules.update(schedule.id, { phases, proration_behavior: "always_invoice" });
  expect(await pricesOf(subscription)).toEqual([[better.id, 1]]);
  expect((await stripe.invoices.list({ subscription })).data[0]).toMatchObject({ total: 1500, status: "paid" });
  await stripe.subscriptions.update(subscription, {
    items: [{ id: (await stripe.subscriptionItems.list({ subscription })).data[0]?.id ?? "", price: price.id }],
  });
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).phases).toMatchObject([
    { items: [{ price: price.id }] },
  ]);
  const gone = [{ items: [{ price: price.id }], start_date: END, duration: MONTH }];
  await expect(stripe.subscriptionSchedules.update(schedule.id, { phases: gone })).rejects.toMatchObject(
    refused("current phase"),
  );
});

test("a schedule of the future has no subscription until then, and can be given up", async () => {
  const { customer, price, advance } = await payer();
  const phases = [{ items: [{ price: price.id }], duration: MONTH }];
  const create = () => stripe.subscriptionSchedules.create({ customer, start_date: HALF, phases });
  const [kept, dropped, released] = [await create(), await create(), await create()];
  expect(kept).toMatchObject({ status: "not_started", subscription: null, current_phase: null });
  await stripe.subscriptionSchedules.cancel(dropped.id);
  await stripe.subscriptionSchedules.release(released.id);
  expect((await stripe.subscriptionSchedules.list({ customer, scheduled: true })).data.map(({ id }) => id)).toEqual([
    kept.id,
  ]);
  const types = await advance(HALF);
  expect(types.filter((type) => /subscription/.test(type))).toEqual([
    "customer.subscription.created",
    "subscription_schedule.updated",
  ]);
  const [begun, ...others] = (await stripe.subscriptions.list({ customer })).data;
  expect(others).toEqual([]);
  expect(begun).toMatchObject({ schedule: kept.id, start_date: HALF });
});

test("a released subscription goes on without the end that was planned, unless it is kept", async () => {
  for (const preserve_cancel_date of [false, true]) {
    const { schedule, subscription } = await twoPhases({ end_behavior: "cancel" });
    const from = bench.emulator.events().length;
    expect(await stripe.subscriptionSchedules.release(schedule.id, { preserve_cancel_date })).toMatchObject({
      status: "released",
      released_subscription: subscription,
      subscription: null,
    });
    expect(typesSince(bench, from)).toEqual(["subscription_schedule.released", "customer.subscription.updated"]);
    expect(await stripe.subscriptions.retrieve(subscription)).toMatchObject({
      schedule: null,
      cancel_at: preserve_cancel_date ? JUNE : null,
    });
    await expect(stripe.subscriptionSchedules.cancel(schedule.id)).rejects.toMatchObject(refused("`released` status"));
  }
});

test("a canceled schedule ends its subscription, and credits what was not used unless told otherwise", async () => {
  const { schedule, subscription, advance, customer } = await twoPhases();
  await advance(HALF);
  const from = bench.emulator.events().length;
  expect(await stripe.subscriptionSchedules.cancel(schedule.id)).toMatchObject({
    status: "canceled",
    canceled_at: HALF,
  });
  const types = typesSince(bench, from);
  expect(types.filter((type) => /schedule|deleted/.test(type))).toEqual([
    "subscription_schedule.canceled",
    "customer.subscription.deleted",
  ]);
  expect((await stripe.subscriptions.retrieve(subscription)).status).toBe("canceled");
  expect(((await stripe.customers.retrieve(customer)) as Stripe.Customer).balance).toBe(-750);
});

test("a subscription that ends takes its schedule with it: canceled, or aborted where nobody paid", async () => {
  const left = await twoPhases();
  await stripe.subscriptions.cancel(left.subscription);
  expect((await stripe.subscriptionSchedules.retrieve(left.schedule.id)).status).toBe("canceled");
  const unpaid = await twoPhases();
  const failing = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: unpaid.customer });
  await unpaid.advance(START + 3600);
  await stripe.customers.update(unpaid.customer, { invoice_settings: { default_payment_method: failing.id } });
  expect(await unpaid.advance(END + 20 * DAY)).toContain("subscription_schedule.aborted");
  expect((await stripe.subscriptionSchedules.retrieve(unpaid.schedule.id)).status).toBe("canceled");
});

test("what a schedule decides cannot be changed beside it, and what it cannot do is refused", async () => {
  const { subscription, customer, price } = await twoPhases();
  for (const change of [{ cancel_at_period_end: true }, { cancel_at: END }])
    await expect(stripe.subscriptions.update(subscription, change)).rejects.toMatchObject(
      refused("managed by the subscription schedule"),
    );
  const items = [{ price: price.id }];
  const create = (params: Partial<Stripe.SubscriptionScheduleCreateParams>) =>
    stripe.subscriptionSchedules.create({ customer, start_date: "now", phases: [{ items }], ...params });
  const month = { items, duration: MONTH };
  for (const [params, error] of [
    [{ phases: [{ items }, month] }, { code: "parameter_missing" }],
    [{ phases: [{ items, end_date: START }] }, { param: "phases[0][end_date]" }],
    [{ phases: [{ ...month, end_date: END }] }, refused("only specify one")],
    [{ phases: [{ ...month, trial: true }] }, { code: "emulator_parameter_not_modelled" }],
    [{ start_date: START - DAY }, { code: "emulator_parameter_not_modelled" }],
    [{ end_behavior: "renew" }, { code: "emulator_parameter_not_modelled" }],
    [{ from_subscription: subscription }, refused("from_subscription")],
  ] as const)
    await expect(create(params as Partial<Stripe.SubscriptionScheduleCreateParams>)).rejects.toMatchObject(error);
});

test("discounts of a phase's items, and any that the subscription has not yet, are refused by their name", async () => {
  const { customer, price } = await payer();
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: "once" });
  const [discounts, items] = [[{ coupon }], [{ price: price.id }]];
  for (const [phase, param] of [
    [{ items: [{ price: price.id, discounts }] }, "phases[0][items][0][discounts]"],
    [{ items, discounts }, "phases[0][discounts][0]"],
    [{ items, add_invoice_items: [{ price: price.id, discounts }] }, "phases[0][add_invoice_items][0][discounts]"],
  ] as const) {
    const begun = stripe.subscriptionSchedules.create({
      customer,
      start_date: "now",
      phases: [phase as Stripe.SubscriptionScheduleCreateParams.Phase],
    });
    await expect(begun).rejects.toMatchObject({ code: "emulator_parameter_not_modelled", param });
  }
});

test("a phase's add_invoice_items are on its first invoice, or wait for the next one (https://docs.stripe.com/api/subscription_schedules/create#create_subscription_schedule-phases-add_invoice_items)", async () => {
  const { customer, price, advance } = await payer();
  const setup = await createPlan(stripe, { unit_amount: 500, recurring: undefined });
  const items = [{ price: price.id }];
  const phases = [
    { items, duration: { interval: "month" as const }, add_invoice_items: [{ price: setup.id }] },
    {
      items,
      end_date: START + 45 * DAY,
      add_invoice_items: [
        {
          price: setup.id,
          quantity: 2,
          period: { start: { type: "phase_start" as const }, end: { type: "phase_end" as const } },
        },
      ],
    },
    { items, duration: { interval: "month" as const }, add_invoice_items: [{ price: setup.id, quantity: 3 }] },
  ];
  const planned = { customer, start_date: "now" as const, phases };
  const preview = await stripe.invoices.createPreview({ customer, schedule_details: { phases } });
  expect(preview.total).toBe(2000);
  const schedule = await stripe.subscriptionSchedules.create(planned);
  expect(schedule.phases[0]?.add_invoice_items).toMatchObject([
    { price: setup.id, quantity: 1, period: { start: { type: "max_item_period_start" } } },
  ]);
  const lines = async () => {
    const [last] = (await stripe.invoices.list({ customer })).data;
    return last?.lines.data.map(({ amount, period }) => [amount, period.start, period.end]);
  };
  expect(await lines()).toEqual([
    [1500, START, END],
    [500, START, END],
  ]);
  await advance(END);
  const next = Date.UTC(2027, 5, 1) / 1000;
  expect(await lines()).toEqual([
    [1000, END, START + 45 * DAY],
    [1500, END, next],
  ]);
  await advance(next);
  expect(await lines()).toEqual([
    [1500, END, next],
    [1500, next, Date.UTC(2027, 6, 1) / 1000],
  ]);
  await expect(
    stripe.subscriptionSchedules.update(schedule.id, {
      phases: [{ items, start_date: START + 45 * DAY, add_invoice_items: [{ price: setup.id }] }],
    }),
  ).rejects.toMatchObject({ code: "emulator_parameter_not_modelled" });
});

test("a phase whose billing_cycle_anchor is phase_start begins a new period (https://docs.stripe.com/api/subscription_schedules/create#create_subscription_schedule-phases-billing_cycle_anchor)", async () => {
  const { customer, price, advance } = await payer();
  const items = [{ price: price.id }];
  const { id, subscription } = await stripe.subscriptionSchedules.create({
    customer,
    start_date: "now",
    phases: [
      { items, end_date: HALF },
      { items, duration: MONTH, billing_cycle_anchor: "phase_start" },
    ],
  });
  expect((await stripe.subscriptionSchedules.retrieve(id)).phases[1]?.billing_cycle_anchor).toBe("phase_start");
  await advance(HALF);
  const end = Date.UTC(2027, 4, 16) / 1000;
  expect(await stripe.subscriptions.retrieve(String(subscription), { expand: ["latest_invoice"] })).toMatchObject({
    billing_cycle_anchor: HALF,
    items: { data: [{ current_period_start: HALF, current_period_end: end }] },
    latest_invoice: { status: "paid", lines: { data: [{ amount: -750 }, { amount: 1500 }] } },
  });
});
