import { applyEvents, applyFetched, fetchProjections, type ObjectName } from "@turnpike/core/mirror";
import { type Reconciliation, reconcile } from "@turnpike/core/reconcile";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { getCompleteness, keepReading, workReading } from "@turnpike/core/sync";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { type Bench, controlsOf, openBench } from "@turnpike/stripe-emulator/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import { invoiced } from "./lives/invoiced.ts";
import { onTheSpot } from "./lives/on-the-spot.ts";
import { createMirrorView, type MirrorView } from "./mirror-view.ts";

// What a mirror is like that heard nothing for a while, or lost everything: each time it ends as Stripe is. The lives are lived before,
// in and after the outage; none is on a test clock, whose customers Stripe's lists leave out.

const LIVES = Object.values({ ...onTheSpot, ...invoiced });
const HOUR = 3600;
const DAY = 24 * HOUR;

let server: TestSupabase;
let supabase: ServiceClient;
let bench: Bench;
let stripe: StripeClient;
let view: MirrorView;
/** How many events there were when the outage began. */
let before = 0;

beforeAll(async () => {
  [server, bench] = await Promise.all([startTestSupabase(), openBench({ webhookEndpoints: [] })]);
  supabase = createServiceClient(server);
  stripe = createStripe({ secretKey: "sk_test_bench", apiBase: bench.origin });
  view = createMirrorView(server, stripe);
  const third = Math.ceil(LIVES.length / 3);
  for (const [place, life] of LIVES.entries()) {
    if (place === third) {
      before = bench.emulator.events().length;
      await age(40 * 60);
    }
    if (place === 2 * third) await age(15 * 60);
    await life(bench);
  }
  await age(5 * 60);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await bench?.close();
});

const age = (seconds: number) => controlsOf(bench).age(seconds / DAY);

/** What was made before the outage is in the mirror, and was looked through to its beginning. */
async function endBefore(outageSeconds: number): Promise<Stripe.Event[]> {
  const events = bench.emulator.events();
  await view.empty();
  for (let at = 0; at < before; at += 100)
    await applyEvents({ stripe, supabase }, events.slice(at, Math.min(at + 100, before)));
  await server.query(
    "insert into billing.reconcile_cursor select listing, now() - $1 * interval '1 second' from unnest('{all,undelivered}'::text[]) listing",
    [outageSeconds],
  );
  return events.slice(before);
}

async function beCompleteAsOf(secondsAgo: number): Promise<void> {
  await server.query("delete from billing.completeness");
  await server.query(
    "insert into billing.completeness (object, complete_as_of, objects, differing) select object, now() - $1 * interval '1 second', 0, 0 from billing.mirrored",
    [secondsAgo],
  );
}

/** Runs until it is through, with the consumer behind them. */
async function run(): Promise<Reconciliation & { runs: number }> {
  for (let runs = 1; ; runs++) {
    const result = await reconcile({
      stripe,
      supabase,
      enqueue: async (missing) => {
        await applyEvents({ stripe, supabase }, missing);
        return [];
      },
      until: performance.now() + 200,
    });
    expect(result.error).toBeUndefined();
    if (result.through) return { ...result, runs };
  }
}

it.each([
  ["an hour", HOUR],
  ["a day", DAY],
])("after an outage of %s everything is as Stripe has it", { timeout: 120_000 }, async (_, seconds) => {
  if (seconds === DAY) await age(DAY - HOUR);
  const expected = await view.truth(bench.emulator.events());
  const unheard = await endBefore(seconds);
  expect(await view.rows()).not.toEqual(expected);
  await run();
  expect(await view.rows()).toEqual(expected);
  expect(unheard.length).toBeGreaterThan(100);
});

it("a wiped database is filled anew, as Stripe has it", async () => {
  const expected = await view.truth(bench.emulator.events());
  await view.empty();
  await run();
  expect(await view.rows()).toEqual(expected);
});

it.each([
  ["of a day", DAY, 40 * DAY],
  ["of forty days, through which the account was read", 40 * DAY, DAY],
])("after an outage %s the mirror is as complete as it was", async (_, outage, complete) => {
  await endBefore(outage);
  await beCompleteAsOf(complete);
  await run();
  expect(await getCompleteness(supabase)).toMatchObject({ complete: true });
});

it("after an outage of forty days no event is listed any more, and all is read from Stripe", async () => {
  await age(40 * DAY);
  const told = await view.truth(bench.emulator.events());
  await endBefore(40 * DAY);
  await beCompleteAsOf(40 * DAY);
  expect(await run()).toMatchObject({ listed: 0, queued: 0 });
  expect(Object.keys(await view.rows())).not.toEqual(expect.arrayContaining(Object.keys(told).filter(isThere(told))));

  let begun = false;
  await keepReading({ stripe, supabase }, performance.now(), () => (begun = true));
  expect(begun, "a reading that nobody asked for").toBe(true);
  const read = await workReading({ stripe, supabase }, { purpose: "sync", perSecond: 2000, perEndpoint: 500 });
  expect(read).toMatchObject({ state: "done", failed: 0, errors: [] });
  const rows = await view.rows();
  expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(told).filter(isThere(told))));
  const there = Object.fromEntries(Object.entries(rows).filter(([key]) => isThere(rows)(key)));
  expect(there).toEqual(await readOneByOne());
});

/** Neither deleted itself nor of a customer who is: Stripe lists neither. */
function isThere(rows: Record<string, unknown>) {
  const isDeleted = (key: string) => (rows[key] as { deleted?: boolean } | undefined)?.deleted === true;
  return (key: string) => {
    const { customer_id: customer } = rows[key] as { customer_id?: string };
    return !isDeleted(key) && !isDeleted(`public.customers ${customer}`);
  };
}

/** What the mirror has rows of, asked for at Stripe object by object. Leaves the mirror with just that. */
async function readOneByOne(): Promise<Record<string, unknown>> {
  const tables = await server.query<{ object: ObjectName; target: string }>(
    "select object, target from billing.mirrored",
  );
  const ids: [ObjectName, string][] = [];
  for (const { object, target } of tables) {
    const found = await server.query<{ id: string }>(`select id from ${target} where not deleted`);
    ids.push(...found.map(({ id }): [ObjectName, string] => [object, id]));
  }
  await view.empty();
  for (const [object, id] of ids) {
    const fetched = await fetchProjections(stripe, object, id);
    if (fetched) await applyFetched({ stripe, supabase }, { ...fetched, answer: fetched.answer.slice(0, 1) });
  }
  return view.rows();
}
