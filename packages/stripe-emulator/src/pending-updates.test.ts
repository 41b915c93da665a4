import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, letSwitch, openBench } from "./testing/bench.ts";
import { END, HALF, onClock, START } from "./testing/clocked.ts";

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
});
afterAll(() => bench.close());

const PENDING = { payment_behavior: "pending_if_incomplete", proration_behavior: "always_invoice" } as const;

/** A subscriber whose card is declined from now on, and what asks for a better plan. */
async function unpaid() {
  const made = await onClock(bench, START);
  const { id, items } = await made.subscribe();
  const { id: failing } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: made.customer });
  await stripe.customers.update(made.customer, { invoice_settings: { default_payment_method: failing } });
  const better = await createPlan(stripe, { unit_amount: 9000 });
  const item = items.data[0]?.id ?? "";
  const change = (params: Stripe.SubscriptionUpdateParams = {}) =>
    stripe.subscriptions.update(id, { items: [{ id: item, price: better.id }], ...PENDING, ...params });
  return { ...made, id, item, better, change };
}

test("what waits is charged as of the moment that was asked for, and previewed so", async () => {
  const { id, item, better, advance, change } = await unpaid();
  await advance(HALF);
  const moment = HALF - 3600;
  const details = { items: [{ id: item, price: better.id }], proration_behavior: "always_invoice" as const };
  const preview = await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { ...details, proration_date: moment },
  });
  expect(preview.billing_reason).toBe("upcoming");
  const { latest_invoice: invoice } = await change({ proration_date: moment });
  expect((await stripe.invoices.retrieve(`${invoice}`)).amount_due).toBe(preview.amount_due);
});

test("another change takes its place, and so does a preview of one", async () => {
  const { id, item, change } = await unpaid();
  const { latest_invoice: first } = await change();
  const items = [{ id: item, quantity: 2 }];
  const preview = await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { items, proration_behavior: "always_invoice" },
  });
  const { latest_invoice: second, pending_update: pending } = await change({ items });
  expect((await stripe.invoices.retrieve(`${first}`)).status).toBe("void");
  expect(await stripe.invoices.retrieve(`${second}`)).toMatchObject({ status: "open", amount_due: preview.amount_due });
  expect(pending?.subscription_items).toMatchObject([{ quantity: 2 }]);
});

// https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation: "expires the existing pending update"
test("a change that is made at once ends what waits, by the API or in the portal: nobody can pay for it any more", async () => {
  for (const inPortal of [false, true]) {
    const { id, item, price, customer, change } = await unpaid();
    const { latest_invoice: first } = await change();
    if (inPortal) {
      const configuration = await letSwitch(stripe, [price]);
      const { url } = await stripe.billingPortal.sessions.create({ customer, configuration });
      await bench.submit(url, { action: "update", subscription: id, quantity: "3" });
    } else await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 3 }] });
    expect((await stripe.invoices.retrieve(`${first}`)).status).toBe("void");
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      pending_update: null,
      items: { data: [{ price: { id: price.id }, quantity: 3 }] },
    });
  }
});

test("with its invoice voided it waits no longer", async () => {
  const { id, change } = await unpaid();
  await stripe.invoices.voidInvoice(`${(await change()).latest_invoice}`);
  expect((await stripe.subscriptions.retrieve(id)).pending_update).toBeNull();
  expect(bench.emulator.events().at(-1)?.type).toBe("customer.subscription.pending_update_expired");
});

test("it waits no longer than the period, nor into a schedule's next phase", async () => {
  const { id, item, price, advance, change } = await unpaid();
  await advance(END - 3600);
  expect((await change({ items: [{ id: item, quantity: 100 }] })).pending_update?.expires_at).toBe(END);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: price.id, quantity: 1 }], start_date: START, end_date: END },
      { items: [{ price: price.id, quantity: 3 }], duration: { interval: "month" } },
    ],
  });
  await advance(END);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    pending_update: null,
    items: { data: [{ price: { id: price.id }, quantity: 3 }] },
  });
});

test("what cannot wait for a payment is refused, as are subscriptions that no card pays", async () => {
  const { id, customer, change } = await unpaid();
  const refused = (message: string) => ({
    type: "StripeInvalidRequestError",
    message: expect.stringContaining(message),
  });
  await expect(change({ description: "more" })).rejects.toMatchObject(refused("`description`"));
  const debit = await stripe.paymentMethods.create({
    type: "sepa_debit",
    sepa_debit: { iban: "DE89370400440532013000" },
    billing_details: { name: "Ada", email: "ada@example.com" },
  });
  await stripe.paymentMethods.attach(debit.id, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: debit.id } });
  await expect(change()).rejects.toMatchObject(refused("bank debit"));
  await stripe.subscriptions.update(id, { collection_method: "send_invoice", days_until_due: 7 });
  await expect(change()).rejects.toMatchObject(refused("send_invoice"));
});

test("what is not paid at once is not made where that is asked for: nothing of it is left", async () => {
  const { id, customer, item, price, better } = await unpaid();
  const params = { items: [{ id: item, price: better.id }], payment_behavior: "error_if_incomplete" as const };
  const rows = async () => [
    (await stripe.subscriptions.list({ customer })).data.map(({ items }) => items.data[0]?.price.id),
    (await stripe.invoices.list({ customer })).data.length,
  ];
  const declined = { type: "StripeCardError", statusCode: 402, code: "card_declined" };
  await expect(
    stripe.subscriptions.update(id, { ...params, proration_behavior: "always_invoice" }),
  ).rejects.toMatchObject(declined);
  const another = { customer, items: [{ price: better.id }], payment_behavior: "error_if_incomplete" as const };
  await expect(stripe.subscriptions.create(another)).rejects.toMatchObject(declined);
  expect(await rows()).toEqual([[price.id], 1]);
  const asking = await stripe.paymentMethods.attach("pm_card_authenticationRequired", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: asking.id } });
  await expect(stripe.subscriptions.create(another)).rejects.toMatchObject({
    code: "subscription_payment_intent_requires_action",
  });
  const good = await stripe.paymentMethods.attach("pm_card_visa", { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: good.id } });
  await stripe.subscriptions.update(id, { ...params, proration_behavior: "always_invoice" });
  expect(await rows()).toEqual([[better.id], 2]);
});

// https://docs.stripe.com/api/subscriptions/update#update_subscription-payment_behavior
test("a change that the buyer is to confirm charges nobody: the subscription is past due until it is paid", async () => {
  const { subscribe, customer } = await onClock(bench, START);
  const better = await createPlan(stripe, { unit_amount: 9000 });
  const awaited = { payment_behavior: "default_incomplete", proration_behavior: "always_invoice" } as const;
  const expand = ["latest_invoice.confirmation_secret"];
  const awaits = async ({ id }: Stripe.Subscription, change: (item: string) => Promise<object>) => {
    const charges = async () => (await stripe.charges.list({ customer })).data.length;
    const [before, { items }] = [await charges(), await stripe.subscriptions.retrieve(id)];
    await change(items.data[0]?.id ?? "");
    const changed = await stripe.subscriptions.retrieve(id, { expand });
    expect([changed, await charges()]).toMatchObject([
      { status: "past_due", latest_invoice: { status: "open", attempted: false, auto_advance: false } },
      before,
    ]);
    const secret = (changed.latest_invoice as Stripe.Invoice).confirmation_secret?.client_secret ?? "";
    await stripe.paymentIntents.confirm(secret.split("_secret_")[0] ?? "");
    expect(await stripe.subscriptions.retrieve(id, { expand })).toMatchObject({
      status: "active",
      latest_invoice: { status: "paid" },
    });
  };
  const paying = await subscribe();
  const { id } = paying;
  await awaits(paying, (item) =>
    stripe.subscriptions.update(id, { items: [{ id: item, price: better.id }], ...awaited }),
  );
  await awaits(paying, (item) => stripe.subscriptionItems.update(item, { quantity: 6, ...awaited }));
  const trial = await subscribe({ trial_period_days: 7 });
  await awaits(trial, () => stripe.subscriptions.update(trial.id, { trial_end: "now", ...awaited }));
});

test("what each period costs is previewed without what is prorated and what waits", async () => {
  const { id, item, better, customer } = await unpaid();
  await stripe.invoiceItems.create({ customer, subscription: id, amount: 700, currency: "eur" });
  const preview = (preview_mode: "next" | "recurring") =>
    stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items: [{ id: item, price: better.id }], proration_behavior: "none" },
      preview_mode,
    });
  expect((await preview("next")).total).toBe(9700);
  expect((await preview("recurring")).total).toBe(9000);
});

test("a phase has the discounts that it names, and no others", async () => {
  const { subscribe, price, advance } = await onClock(bench, START);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
  const kept = await subscribe({ discounts: [{ coupon }] });
  const lost = await subscribe({ discounts: [{ coupon }] });
  for (const { id } of [kept, lost]) {
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
    const [now] = schedule.phases;
    expect(now?.discounts).toMatchObject([{ discount: expect.stringMatching(/^di_/) }]);
    const discounts = now?.discounts.map(({ discount }) => ({ discount: `${discount}` })) ?? [];
    await stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        { items: [{ price: price.id, quantity: 1 }], start_date: START, end_date: END, discounts },
        {
          items: [{ price: price.id, quantity: 2 }],
          duration: { interval: "month" },
          ...(id === kept.id && { discounts }),
        },
      ],
    });
  }
  await advance(END + 3600);
  const totals = async ({ id }: { id: string }) =>
    (await stripe.invoices.list({ subscription: id })).data.map(({ total }) => total);
  expect([await totals(kept), await totals(lost)]).toEqual([
    [2400, 1200],
    [3000, 1200],
  ]);
});
