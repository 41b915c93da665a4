import { setTimeout as sleep } from "node:timers/promises";
import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { type Bench, openBench } from "@turnpike/stripe-emulator/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRandom, shuffle } from "./disorder.ts";
import { LIVES } from "./lifecycles.ts";
import { createMirrorView } from "./mirror-view.ts";

let server: TestSupabase;
let bench: Bench;
beforeAll(async () => {
  [server, bench] = await Promise.all([startTestSupabase(), openBench({ webhookEndpoints: [] })]);
}, 60_000);
afterAll(async () => {
  await server?.close();
  await bench?.close();
});

const SEED = 20261126;

it.each([
  "trial, active, past due, recovered, upgraded, canceled, on a clock in the past",
  "the same on a clock that runs ahead",
])(
  "what is delivered, in disorder, while clocks are moved on ends in what Stripe holds: %s",
  async (name) => {
    const stripe = createStripe({ secretKey: "sk_test_bench", apiBase: bench.origin });
    const clients = { stripe, supabase: createServiceClient(server) };
    const view = createMirrorView(server, stripe);
    await view.empty();
    const random = createRandom(SEED);
    const from = bench.emulator.events().length;
    let lived = false;
    let seen = from;
    const waiting: Stripe.Event[] = [];
    const again: Stripe.Event[] = [];

    const living = LIVES[name]?.(bench).finally(() => {
      lived = true;
    });
    for (;;) {
      const events = bench.emulator.events();
      waiting.push(...events.slice(seen));
      seen = events.length;
      if (lived && waiting.length === 0) break;
      // Some wait for a later batch, some come twice; what must be fetched is fetched while Stripe goes on.
      shuffle(waiting, random);
      const batch = waiting.splice(0, lived ? waiting.length : Math.ceil(waiting.length / 2));
      const late = again
        .splice(0, Math.ceil(again.length / 2))
        .filter(({ id }) => !batch.some((event) => event.id === id));
      const { outcomes } = await applyEvents(clients, [...batch, ...late]);
      for (const event of batch) {
        const outcome = outcomes.get(event.id);
        expect(["applied", "stale", "duplicate", "ignored", "retry"]).toContain(outcome);
        (outcome === "retry" ? waiting : again).push(event);
      }
      await sleep(20);
    }
    await living;

    const rows = await view.rows();
    await sleep(1_100);
    const events = bench.emulator.events().slice(from);
    expect(events.length).toBeGreaterThan(20);
    expect(rows).toEqual(await view.truth(events));
  },
  120_000,
);
