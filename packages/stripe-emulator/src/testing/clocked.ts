import type Stripe from "stripe";
import { expect } from "vitest";
import { type Bench, createPlan, typesSince } from "./bench.ts";

export const DAY = 86_400;
/** 1 April 2027: a month of 30 days. */
export const START = Date.UTC(2027, 3, 1) / 1000;
export const END = Date.UTC(2027, 4, 1) / 1000;
export const HALF = START + 15 * DAY;

export interface Clocked {
  clock: string;
  customer: string;
  price: Stripe.Price;
  /** A subscription of the customer to the price, unless said otherwise. */
  subscribe(overrides?: Partial<Stripe.SubscriptionCreateParams>): Promise<Stripe.Subscription>;
  /** Advances to the moment (seconds); the types of the events on the way, without the clock's own. */
  advance(to: number): Promise<string[]>;
}

/** A customer on a test clock that begins at `start`, with a card that is charged by default (null: none), and a plan. */
export async function onClock(bench: Bench, start: number, card: string | null = "pm_card_visa"): Promise<Clocked> {
  const { stripe } = bench;
  const { id: clock } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const { id: customer } = await stripe.customers.create({
    test_clock: clock,
    ...(card === null ? {} : { payment_method: card, invoice_settings: { default_payment_method: card } }),
  });
  const price = await createPlan(stripe);
  return {
    clock,
    customer,
    price,
    subscribe: (overrides = {}) =>
      stripe.subscriptions.create({ customer, items: [{ price: price.id }], ...overrides }),
    async advance(to) {
      const from = bench.emulator.events().length;
      expect((await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to })).status).toBe("advancing");
      const status = async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status;
      await expect.poll(status, { interval: 5, timeout: 10_000 }).toBe("ready");
      return typesSince(bench, from).slice(1, -1);
    },
  };
}
