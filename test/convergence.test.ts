import { applyEvents, applyFetched, fetchProjections, projectEvent } from "@turnpike/core/mirror";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import * as fc from "fast-check";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestSupabase, type TestSupabase } from "../packages/local/src/supabase/testing.ts";
import { type Recording, recordLifecycles } from "./lifecycles.ts";

let server: TestSupabase;
let supabase: ServiceClient;
let recording: Recording;
const CASES = 40;

beforeAll(async () => {
  [server, recording] = await Promise.all([startTestSupabase(), recordLifecycles()]);
  supabase = createServiceClient(server);
}, 60_000);
afterAll(async () => {
  await server?.close();
  await recording?.close();
});

const MIRRORED = [
  "public.customers",
  "public.products",
  "public.prices",
  "public.user_subscriptions",
  "public.checkout_sessions",
  "public.entitlements",
  "public.payment_methods",
  "billing.invoices",
  "billing.payment_intents",
  "billing.charges",
  "billing.refunds",
  "billing.disputes",
];

const empty = () =>
  server.query(
    `truncate ${[...MIRRORED, "billing.invoice_payments", "billing.stripe_events", "billing.outbox"].join()}`,
  );

/** Every mirrored row, without what the guard alone needs, and what a customer sees of it. */
async function mirror(): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for (const table of [...MIRRORED, "public.payment_history"]) {
    const found = await server.query<{ row: { id: string } }>(
      `select to_jsonb(t) - '{as_of,rank,fetched}'::text[] as row from ${table} t order by id`,
    );
    for (const { row } of found) rows[`${table} ${row.id}`] = row;
  }
  return rows;
}

/** The same rows, read from Stripe object by object. */
async function truth(events: Stripe.Event[]): Promise<Record<string, unknown>> {
  await empty();
  for (const event of events) {
    const effect = projectEvent(event);
    if (!effect || !("object" in effect)) continue;
    const fetched = await fetchProjections(recording.stripe, effect.object, effect.object_id);
    if (fetched) await applyFetched(supabase, fetched);
    // Stripe does not know it any more: it is as its last event showed it.
    else await applyEvents({ stripe: recording.stripe, supabase }, [event]);
  }
  return mirror();
}

/**
 * A way in which a lifecycle may be delivered: an order of its events (by their places), with duplicates, cut into batches of
 * which some are delivered again.
 */
interface Delivery {
  order: number[];
  batches: { size: number; again: boolean }[];
}

const deliveries = (places: number[]): fc.Arbitrary<Delivery> =>
  fc.record({
    order: fc
      .tuple(fc.shuffledSubarray(places, { minLength: places.length }), fc.subarray(places))
      .chain(([all, twice]) => fc.shuffledSubarray([...all, ...twice], { minLength: all.length + twice.length })),
    // A consumer that dies after its transaction, and before it deletes the messages, gets the whole batch again.
    batches: fc.array(fc.record({ size: fc.integer({ min: 1, max: 30 }), again: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    }),
  });

async function deliver(events: Stripe.Event[], { order, batches }: Delivery): Promise<void> {
  const waiting = order.flatMap((place) => events[place] ?? []);
  for (let n = 0; waiting.length > 0; n++) {
    const { size = 30, again = false } = batches[n % batches.length] ?? {};
    const batch = [...new Map(waiting.splice(0, size).map((event) => [event.id, event])).values()];
    for (let times = again ? 2 : 1; times > 0; times--) {
      const outcomes = await applyEvents({ stripe: recording.stripe, supabase }, batch);
      expect([...outcomes.values()]).not.toContain("failed");
      expect([...outcomes.values()]).not.toContain("retry");
    }
  }
}

describe("any order, any duplicates, any batches and any crash end in what Stripe holds", () => {
  const names = [
    "trial, active, past due, recovered, upgraded, canceled",
    "a failing card until the end",
    "a bank debit that settles, and one that fails",
    "refunds in part and in full, one that fails, disputes won and lost",
    "a plan changed back and forth within a second",
    "a guest",
    "a customer who is deleted",
  ];

  it.each(names)(
    "%s",
    async (name) => {
      const events = recording.lifecycles.find((lifecycle) => lifecycle.name === name)?.events ?? [];
      expect(events.length).toBeGreaterThan(3);
      const expected = await truth(events);
      await fc.assert(
        fc.asyncProperty(deliveries([...events.keys()]), async (delivery) => {
          await empty();
          await deliver(events, delivery);
          expect(await mirror()).toEqual(expected);
        }),
        { numRuns: CASES, endOnFailure: true },
      );
    },
    240_000,
  );
});
