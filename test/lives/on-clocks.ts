import { type Bench, createPlan } from "@turnpike/stripe-emulator/testing";
import { LAST_YEAR, type Life, NOW, PAYS_BY_CARD, startClock } from "./life.ts";

/** A customer through the months, on a clock that begins at `start`. */
const months =
  (start: () => number): Life =>
  async (bench) => {
    const { stripe } = bench;
    const clock = await startClock(bench, start());
    const customer = await stripe.customers.create({ test_clock: clock.id, email: "ada@example.com", ...PAYS_BY_CARD });
    const [basic, better] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: basic.id }],
      trial_period_days: 14,
    });
    await clock.advance(15);
    const pays = async (method: string) => {
      const attached = await stripe.paymentMethods.attach(method, { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: attached.id } });
    };
    await pays("pm_card_chargeCustomerFail");
    await clock.advance(47);
    await pays("pm_card_visa");
    await clock.advance(52);
    await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]?.id ?? "", price: better.id }],
      proration_behavior: "always_invoice",
    });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    await stripe.subscriptions.cancel(id);
  };

async function failsUntilTheEnd(bench: Bench): Promise<void> {
  const { stripe } = bench;
  const clock = await startClock(bench, LAST_YEAR());
  const customer = await stripe.customers.create({ test_clock: clock.id, ...PAYS_BY_CARD });
  const plan = await createPlan(stripe);
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: plan.id }] });
  const failing = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: failing.id } });
  await clock.advance(60);
}

async function scheduled(bench: Bench): Promise<void> {
  const { stripe } = bench;
  const start = NOW();
  const clock = await startClock(bench, start);
  const customer = await stripe.customers.create({ test_clock: clock.id, ...PAYS_BY_CARD });
  const [basic, better] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
  const phases = [basic, better].map(({ id }) => ({
    items: [{ price: id }],
    duration: { interval: "month" as const },
  }));
  const made = { customer: customer.id, start_date: "now" as const, phases };
  await stripe.subscriptionSchedules.create(made);
  const dropped = await stripe.subscriptionSchedules.create(made);
  await stripe.subscriptionSchedules.cancel(dropped.id);
  const left = await stripe.subscriptionSchedules.create(made);
  await stripe.subscriptionSchedules.release(left.id);
  await clock.advance(70);
}

export const onClocks: Record<string, Life> = {
  "trial, active, past due, recovered, upgraded, canceled, on a clock in the past": months(LAST_YEAR),
  "the same on a clock that runs ahead": months(NOW),
  "a failing card until the end": failsUntilTheEnd,
  "plans changed by schedules, one cancelled and one released": scheduled,
};
