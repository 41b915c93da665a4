import type Stripe from "stripe";
import { MOST_SUBSCRIPTIONS } from "../resources/clock-limits.ts";
import { type Bench, createPlan, typesSince } from "./bench.ts";
import { moveClock } from "./moving-clocks.ts";

export const DAY = 86_400;
/** 1 April 2027: a month of 30 days. */
export const START = Date.UTC(2027, 3, 1) / 1000;
export const END = Date.UTC(2027, 4, 1) / 1000;
export const HALF = START + 15 * DAY;

export interface Clocked {
  clock: string;
  customer: string;
  price: Stripe.Price;
  /** A subscription of the customer to the price, unless said otherwise; where they have three, of another one like them. */
  subscribe(overrides?: Partial<Stripe.SubscriptionCreateParams>): Promise<Stripe.Subscription>;
  /** Advances to the moment (seconds); the types of the events on the way, without the clock's own. */
  advance(to: number): Promise<string[]>;
}

/** A customer on a test clock that begins at `start`, with a card that is charged by default (null: none), and a plan. */
export async function onClock(bench: Bench, start: number, card: string | null = "pm_card_visa"): Promise<Clocked> {
  const { stripe } = bench;
  const { id: clock } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const newCustomer = async () => {
    const paying = card === null ? {} : { payment_method: card, invoice_settings: { default_payment_method: card } };
    return (await stripe.customers.create({ test_clock: clock, ...paying })).id;
  };
  const customer = await newCustomer();
  let latest = customer;
  const price = await createPlan(stripe);
  return {
    clock,
    customer,
    price,
    async subscribe(overrides = {}) {
      const { data } = await stripe.subscriptions.list({ customer: latest });
      if (data.length === MOST_SUBSCRIPTIONS) latest = await newCustomer();
      return stripe.subscriptions.create({ customer: latest, items: [{ price: price.id }], ...overrides });
    },
    async advance(to) {
      const from = bench.emulator.events().length;
      await moveClock(stripe, clock, to);
      return typesSince(bench, from).filter((type) => !type.startsWith("test_helpers.test_clock."));
    },
  };
}
