import { applyEvents, enabledEvents } from "@turnpike/core/mirror";
import { reconcile } from "@turnpike/core/reconcile";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Recording, recordLifecycles } from "./lifecycles.ts";
import { createMirrorView, type MirrorView } from "./mirror-view.ts";

let server: TestSupabase;
let supabase: ServiceClient;
let recording: Recording;
let view: MirrorView;
let events: Stripe.Event[];
let expected: Record<string, unknown>;

beforeAll(async () => {
  [server, recording] = await Promise.all([startTestSupabase(), recordLifecycles()]);
  supabase = createServiceClient(server);
  view = createMirrorView(server, recording.stripe);
  events = recording.lifecycles.flatMap((lifecycle) => lifecycle.events);
  expected = await view.truth(events);
}, 60_000);
afterAll(async () => {
  await server?.close();
  await recording?.close();
});

const apply = (batch: Stripe.Event[]) => applyEvents({ stripe: recording.stripe, supabase }, batch);

/** The scheduled run, with the consumer behind it. What is not about these events is put aside again. */
async function run() {
  const found: Stripe.Event[] = [];
  const result = await reconcile({
    stripe: recording.stripe,
    supabase,
    enqueue: async (missing) => {
      const ours = missing.filter(({ id }) => events.some((event) => event.id === id));
      found.push(...ours);
      await apply(ours);
      return [];
    },
  });
  return { ...result, found };
}
const drift = async () => {
  const rows = await view.rows();
  return Object.keys(expected).filter((key) => JSON.stringify(rows[key]) !== JSON.stringify(expected[key]));
};

it("a tenth of the deliveries lost, and hours without a receiver: the next run leaves no drift, the one after finds nothing", async () => {
  await view.empty();
  const arrived = events.filter((_, place) => place % 10 !== 3 && !(place > 40 && place < 90));
  await apply(arrived);
  expect((await drift()).length).toBeGreaterThan(0);
  const { queued } = await run();
  const lost = events.filter((event) => !arrived.includes(event) && (enabledEvents as string[]).includes(event.type));
  expect(queued).toBeGreaterThanOrEqual(lost.length);
  expect(await drift()).toEqual([]);
  expect((await run()).found).toEqual([]);
});

it("the cursor overlaps and never goes back", async () => {
  await view.empty();
  await run();
  const cursor = async () =>
    (
      await server.query<{ at: string }>(
        "select reconciled_until as at from billing.reconcile_cursor where listing = 'all'",
      )
    )[0]?.at;
  const first = await cursor();
  const early = "2020-01-01T00:00:00Z";
  const moved = await supabase.rpc("advance_reconcile_cursor", {
    listing: "all",
    listed_from: early,
    listed_until: early,
    seen_until: first ?? "",
  });
  expect(moved.data).toBe(true);
  expect(await cursor()).toBe(first);
  // An event of a moment before the cursor that had not been listed then is found by the overlap.
  const [lost] = events.filter(({ type }) => type === "product.created");
  await server.query("delete from billing.stripe_events where id = $1", [lost?.id]);
  const found: string[] = [];
  await reconcile({
    stripe: recording.stripe,
    supabase,
    enqueue: async (missing) => {
      found.push(...missing.map(({ id }) => id));
      return [];
    },
  });
  expect(found).toContain(lost?.id);
});

it("a gap is what the webhook should have brought: neither what is under way nor what was before the first run counts", async () => {
  await view.empty();
  expect(await run()).toMatchObject({ queued: expect.any(Number), missed: 0 });
  const { stripe } = recording;
  await stripe.customers.create({ email: "just-now@example.com" });
  const underWay = await run();
  expect(underWay.queued).toBeGreaterThan(0);
  expect(underWay.missed).toBe(0);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 1_800_000 });
  await stripe.customers.create({ email: "half-an-hour-ago@example.com" });
  vi.useRealTimers();
  expect((await run()).missed).toBe(1);
});
