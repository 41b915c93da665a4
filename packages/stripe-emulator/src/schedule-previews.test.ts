import type Stripe from "stripe";
import { expect, onTestFinished, test } from "vitest";
import { createPlan, openBench } from "./testing/bench.ts";
import { DAY, END, HALF, onClock, START } from "./testing/clocked.ts";

// https://docs.stripe.com/api/invoices/create_preview#create_create_preview-schedule
test("a schedule's next invoice is of the phase that comes, of a change that is only asked about, of one that is not made", async () => {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const { stripe } = bench;
  const { customer, price, subscribe } = await onClock(bench, START);
  const [dear, cheap] = [
    await createPlan(stripe, { unit_amount: 4000 }),
    await createPlan(stripe, { unit_amount: 900 }),
  ];
  const subscription = await subscribe();
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const { start_date = 0, end_date = 0 } = phases[0] ?? {};
  const running = { start_date, end_date, items: [{ price: price.id, quantity: 1 }] };
  const month = { interval: "month" as const };
  const then = (next: string) => [running, { items: [{ price: next, quantity: 1 }], duration: month }];
  await stripe.subscriptionSchedules.update(id, { phases: then(dear.id) });
  const before = await stripe.subscriptionSchedules.retrieve(id);
  const preview = (schedule_details?: Stripe.InvoiceCreatePreviewParams.ScheduleDetails) =>
    stripe.invoices.createPreview({ schedule: id, ...(schedule_details ? { schedule_details } : {}) });
  expect(await preview()).toMatchObject({ total: 4000, amount_due: 4000, billing_reason: "upcoming" });
  expect((await preview({ phases: then(cheap.id) })).total).toBe(900);
  const ends = preview({ phases: [running], end_behavior: "cancel" });
  await expect(ends).rejects.toMatchObject({ statusCode: 404, code: "invoice_upcoming_none" });
  const at = { ...running, items: [{ price: dear.id, quantity: 1 }] };
  expect((await preview({ phases: [at], proration_behavior: "always_invoice" })).total).toBe(4000 - 1500);
  expect(await stripe.subscriptionSchedules.retrieve(id)).toEqual(before);

  const from = bench.emulator.events().length;
  const later = { items: [{ price: cheap.id, quantity: 2 }], start_date: HALF, duration: month };
  const planned = await stripe.invoices.createPreview({ customer, schedule_details: { phases: [later] } });
  expect(planned).toMatchObject({ total: 1800, period_start: HALF });
  expect(bench.emulator.events()).toHaveLength(from);
  await expect(stripe.invoices.createPreview({ schedule: id, subscription: subscription.id })).rejects.toThrow(
    "You may only specify one of these parameters",
  );
  await expect(stripe.invoices.createPreview({ schedule: "sub_sched_x" })).rejects.toMatchObject({ param: "schedule" });
});

// https://docs.stripe.com/api/invoices/create_preview#create_create_preview-subscription
test("a subscription's next invoice is of its schedule's next phase, as it will be; also the one that is announced", async () => {
  const bench = await openBench();
  onTestFinished(() => bench.close());
  const { stripe } = bench;
  const { price, subscribe, advance } = await onClock(bench, START);
  const dear = await createPlan(stripe, { unit_amount: 4000 });
  const { id: subscription, items } = await subscribe();
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: subscription });
  const { start_date = 0 } = phases[0] ?? {};
  const of = (one: string, from: number, to: number) => ({
    items: [{ price: one, quantity: 1 }],
    start_date: from,
    end_date: to,
  });
  const preview = (more: Stripe.InvoiceCreatePreviewParams = {}) =>
    stripe.invoices.createPreview({ subscription, ...more });
  const plan = (turn: number, to: string, end_behavior: "cancel" | "release" = "release") =>
    stripe.subscriptionSchedules.update(id, {
      end_behavior,
      phases: [of(price.id, start_date, turn), of(to, turn, END + 30 * DAY)],
    });
  await plan(END, dear.id);
  expect(await preview()).toMatchObject({
    total: 4000,
    amount_due: 4000,
    ending_balance: 0,
    billing_reason: "upcoming",
  });
  // What is changed now holds until the phase ends; the phase that comes decides the price.
  const now = { items: [{ id: items.data[0]?.id ?? "", price: price.id, quantity: 3 }] };
  expect((await preview({ subscription_details: now })).total).toBe(4000 + 2 * 1500);
  // A phase that begins within the period leaves its prorations to the next invoice.
  await plan(HALF, dear.id);
  expect((await preview()).total).toBe(4000 + (4000 - 1500) / 2);
  await stripe.subscriptionSchedules.update(id, { end_behavior: "cancel", phases: [of(price.id, start_date, END)] });
  await expect(preview()).rejects.toMatchObject({ statusCode: 404, code: "invoice_upcoming_none" });
  await plan(END, dear.id, "cancel");
  const expected = await preview();
  await advance(END + 1);
  const [made] = (await stripe.invoices.list({ subscription })).data;
  const shape = ({ lines, total }: Stripe.Invoice) => [total, lines.data.map(({ amount, period }) => [amount, period])];
  expect(made && shape(made)).toEqual(shape(expected));
  const announced = bench.emulator.events().filter(({ type }) => type === "invoice.upcoming");
  expect(announced.map(({ data }) => data.object)).toMatchObject([{ total: 3871 }]); // 30 of May's 31 days
  // An end that is planned for later keeps nobody from the renewals before it.
  const { id: later } = await subscribe();
  await stripe.subscriptions.update(later, { cancel_at: END + 75 * DAY, proration_behavior: "none" });
  expect((await stripe.invoices.createPreview({ subscription: later })).total).toBe(1500);
});
