import { setTimeout as sleep } from "node:timers/promises";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { type Bench, CARD, createCheckout, createPlan, openBench } from "@turnpike/stripe-emulator/testing";
import type Stripe from "stripe";
import { vi } from "vitest";

/** What Stripe sent over the life of something, in the order in which it happened. */
export interface Lifecycle {
  name: string;
  events: Stripe.Event[];
}

/** A Stripe that still holds what the lifecycles ended in. */
export interface Recording {
  stripe: StripeClient;
  lifecycles: Lifecycle[];
  close(): Promise<void>;
}

const DAY = 86_400;
const PAYS_BY_CARD = {
  payment_method: "pm_card_visa",
  invoice_settings: { default_payment_method: "pm_card_visa" },
};

/** Lives through the cases that billing back ends get wrong, and records the events of each. */
export async function recordLifecycles(): Promise<Recording> {
  const bench = await openBench({ webhookEndpoints: [] });
  const lifecycles: Lifecycle[] = [];
  for (const [name, live] of Object.entries(LIVES)) {
    const from = bench.emulator.events().length;
    await live(bench);
    lifecycles.push({ name, events: bench.emulator.events().slice(from) });
  }
  await sleep(1_100); // what is fetched from now on is of a later second than any event
  const stripe = createStripe({ secretKey: "sk_test_bench", apiBase: bench.origin });
  return { stripe, lifecycles, close: () => bench.close() };
}

const SETTLED = ["checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"];
const until = (holds: () => Promise<boolean>) => vi.waitUntil(holds, { timeout: 15_000, interval: 20 });

const LIVES: Record<string, (bench: Bench) => Promise<void>> = {
  "trial, active, past due, recovered, upgraded, canceled": async ({ stripe }) => {
    const start = Math.floor(Date.now() / 1000) - 300 * DAY;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
    const advance = async (days: number) => {
      await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: start + days * DAY });
      await until(async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status === "ready");
    };
    const customer = await stripe.customers.create({
      test_clock: clock.id,
      email: "ada@example.com",
      ...PAYS_BY_CARD,
    });
    const [basic, better] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: basic.id }],
      trial_period_days: 14,
    });
    await advance(15);
    const pays = async (method: string) => {
      const attached = await stripe.paymentMethods.attach(method, { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: attached.id } });
    };
    await pays("pm_card_chargeCustomerFail");
    await advance(47);
    await pays("pm_card_visa");
    await advance(52);
    await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]?.id ?? "", price: better.id }],
      proration_behavior: "always_invoice",
    });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    await stripe.subscriptions.cancel(id);
  },

  "a failing card until the end": async ({ stripe }) => {
    const start = Math.floor(Date.now() / 1000) - 200 * DAY;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
    const customer = await stripe.customers.create({
      test_clock: clock.id,
      ...PAYS_BY_CARD,
    });
    const plan = await createPlan(stripe);
    await stripe.subscriptions.create({ customer: customer.id, items: [{ price: plan.id }] });
    const failing = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: failing.id } });
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: start + 60 * DAY });
    await until(async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status === "ready");
  },

  "a bank debit that settles, and one that fails": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    for (const iban of ["DE89370400440532013000", "DE62370400440532013001"]) {
      const customer = await stripe.customers.create({ email: "grace@example.com" });
      const session = await createCheckout(stripe, price, { customer: customer.id });
      await submit(session.url, { name: "Grace", payment_method: "sepa_debit", iban });
      await until(async () => {
        const { data } = await stripe.events.list({ types: SETTLED, limit: 100 });
        return data.some((event) => (event.data.object as { id: string }).id === session.id);
      });
    }
  },

  "refunds in part and in full, one that fails, disputes won and lost": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    const buy = async (card_number: string) => {
      const customer = await stripe.customers.create({ email: "linus@example.com" });
      const session = await createCheckout(stripe, price, { customer: customer.id });
      await submit(session.url, { ...CARD, card_number });
      return String((await stripe.checkout.sessions.retrieve(session.id)).payment_intent);
    };
    const refunded = await buy("4242424242424242");
    await stripe.refunds.create({ payment_intent: refunded, amount: 500 });
    await stripe.refunds.create({ payment_intent: refunded, amount: 300 });
    await stripe.refunds.create({ payment_intent: await buy("4242424242424242") });
    const failing = await stripe.refunds.create({ payment_intent: await buy("4000000000005126") });
    await until(async () => (await stripe.refunds.retrieve(failing.id)).status === "failed");
    for (const evidence of ["winning_evidence", "losing_evidence"]) {
      const payment = await buy("4000000000000259");
      const [dispute] = (await stripe.disputes.list({ payment_intent: payment })).data;
      await stripe.disputes.update(dispute?.id ?? "", { evidence: { uncategorized_text: evidence }, submit: true });
    }
  },

  "a plan changed back and forth within a second": async ({ stripe }) => {
    const customer = await stripe.customers.create(PAYS_BY_CARD);
    const [one, two] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 9900 })];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: one.id }],
    });
    for (const price of [two, one, two]) {
      await stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? "", price: price.id }] });
    }
    await stripe.products.update(String(two.product), { name: "Renamed" });
    await stripe.products.update(String(two.product), { name: "Renamed twice", active: false });
    await stripe.prices.update(one.id, { active: false });
  },

  "a guest": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    const session = await createCheckout(stripe, price, { customer_creation: "always" });
    await submit(session.url, { ...CARD, email: "guest@example.com" });
    const abandoned = await createCheckout(stripe, price);
    await stripe.checkout.sessions.expire(abandoned.id);
  },

  "a customer who is deleted": async ({ stripe }) => {
    const customer = await stripe.customers.create(PAYS_BY_CARD);
    const plan = await createPlan(stripe);
    await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plan.id }],
    });
    await stripe.customers.del(customer.id);
  },
};
