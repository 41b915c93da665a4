import { setTimeout as sleep } from "node:timers/promises";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { openBench } from "@turnpike/stripe-emulator/testing";
import type Stripe from "stripe";
import { invoiced } from "./lives/invoiced.ts";
import { onClocks } from "./lives/on-clocks.ts";
import { onTheSpot } from "./lives/on-the-spot.ts";

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

/** The cases that billing back ends get wrong. */
export const LIVES = { ...onClocks, ...onTheSpot, ...invoiced };

/** Lives through them, and records the events of each. */
export async function recordLifecycles(names = Object.keys(LIVES)): Promise<Recording> {
  const bench = await openBench({ webhookEndpoints: [] });
  const lifecycles: Lifecycle[] = [];
  for (const name of names) {
    const from = bench.emulator.events().length;
    await LIVES[name]?.(bench);
    lifecycles.push({ name, events: bench.emulator.events().slice(from) });
  }
  await sleep(1_100); // what is fetched from now on is of a later second than any event
  const stripe = createStripe({ secretKey: "sk_test_bench", apiBase: bench.origin });
  return { stripe, lifecycles, close: () => bench.close() };
}
