import { applyEvents } from "@turnpike/core/mirror";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import * as fc from "fast-check";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LIVES, type Recording, recordLifecycles } from "./lifecycles.ts";
import { createMirrorView, type MirrorView } from "./mirror-view.ts";
import { rounds } from "./rounds.ts";

let server: TestSupabase;
let supabase: ServiceClient;
let recording: Recording;
let view: MirrorView;
const CASES = rounds(4);

beforeAll(async () => {
  [server, recording] = await Promise.all([startTestSupabase(), recordLifecycles()]);
  supabase = createServiceClient(server);
  view = createMirrorView(server, recording.stripe);
}, 60_000);
afterAll(async () => {
  await server?.close();
  await recording?.close();
});

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
  const putOff = new Map<string, number>();
  for (let n = 0; waiting.length > 0; n++) {
    const { size = 30, again = false } = batches[n % batches.length] ?? {};
    const batch = [...new Map(waiting.splice(0, size).map((event) => [event.id, event])).values()];
    for (let times = again ? 2 : 1; times > 0; times--) {
      const { outcomes } = await applyEvents({ stripe: recording.stripe, supabase }, batch);
      expect([...outcomes.values()]).not.toContain("failed");
      // Stripe is asked within a time. Where the machine stands still for longer, the event comes again, as from the queue.
      for (const event of batch.filter(({ id }) => outcomes.get(id) === "retry")) {
        putOff.set(event.id, (putOff.get(event.id) ?? 0) + 1);
        expect(putOff.get(event.id), "times that it was put off").toBeLessThan(4);
        waiting.push(event);
      }
    }
  }
}

describe("any order, any duplicates, any batches and any crash end in what Stripe holds", () => {
  it.each(Object.keys(LIVES))(
    "%s",
    async (name) => {
      const events = recording.lifecycles.find((lifecycle) => lifecycle.name === name)?.events ?? [];
      expect(events.length).toBeGreaterThan(3);
      const expected = await view.truth(events);
      await fc.assert(
        fc.asyncProperty(deliveries([...events.keys()]), async (delivery) => {
          await view.empty();
          await deliver(events, delivery);
          expect(await view.rows()).toEqual(expected);
        }),
        { numRuns: CASES, endOnFailure: true },
      );
    },
    rounds(240_000),
  );
});
