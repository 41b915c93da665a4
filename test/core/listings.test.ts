import type { IncomingMessage, ServerResponse } from "node:http";
import { applyEvents } from "@turnpike/core/mirror";
import { reconcile } from "@turnpike/core/reconcile";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { lendOtherAccount, refuseForNow, standBefore, standBeforeSupabase } from "../parts/proxy.ts";

// Listings of Stripe's events that take more than one run. Here a page holds two events.

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);
const NO_TIME = { until: 1 };

/** A Stripe with small pages, behind something that may stand in the way of its list of events. */
async function stripeWith(obstacle: (request: IncomingMessage, response: ServerResponse) => unknown = () => {}) {
  const { stripe } = await standBefore(lent, async (request, response) => {
    if (!request.url?.startsWith("/v1/events?")) return;
    request.url = request.url.replace("limit=100", "limit=2");
    await obstacle(request, response);
  });
  return stripe;
}
interface Options {
  stripe?: Awaited<ReturnType<typeof stripeWith>>;
  client?: LentSupabase["client"];
  until?: number;
  /** Before a page's events are queued. */
  meanwhile?: () => unknown;
}
/** A run, with the consumer behind it. */
async function run({ stripe, client = supabase.client, meanwhile = () => {}, ...options }: Options = {}) {
  const ids: string[] = [];
  const clients = { stripe: stripe ?? (await stripeWith()), supabase: client };
  const result = await reconcile({
    ...clients,
    ...options,
    enqueue: async (events) => {
      await meanwhile();
      ids.push(...events.map(({ id }) => id));
      await applyEvents({ ...clients, supabase: supabase.client }, events);
      return [];
    },
  });
  return { ...result, ids };
}
async function make(count: number) {
  for (let n = 0; n < count; n++) await lent.stripe.products.create({ name: `${n}` });
  const { data } = await lent.stripe.events.list({ limit: 100 });
  return data.map(({ id }) => id).slice(0, count);
}
const cursors = async () =>
  (await supabase.query("select * from billing.reconcile_cursor where listing = 'all'"))[0] as
    | Record<"reconciled_until" | "listed_from" | "listed_until" | "place" | "place_at", string | null>
    | undefined;
const listed = async () =>
  (await lent.asked("GET /v1/events"))
    .map(({ params }) => params)
    .filter((params) => params.limit === "2" && !params.delivery_success);
const names = async () => (await supabase.query("select id from products")).length;
/** What is older than Stripe lists. */
async function drop(eventId: string) {
  const headers = { authorization: "Bearer sk_test_emulator", "content-type": "application/json" };
  const control = (path: string, body: unknown) =>
    fetch(`${lent.apiBase}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const rows = (await (await control("snapshot", {})).json()) as [string, string][];
  await control(
    "restore",
    rows.filter(([, id]) => id !== eventId),
  );
}

describe("a listing that is longer than a run", () => {
  it("goes on where the last run stopped, until all is queued, each event once", async () => {
    const made = await make(5);
    const first = await run(NO_TIME);
    expect(first).toMatchObject({ ids: made.slice(0, 2), listed: 2, through: false });
    expect(first.reached).toBe(new Date((await createdOf(made[1])) * 1000).toISOString());
    const second = await run(NO_TIME);
    expect(second).toMatchObject({ ids: made.slice(2, 4), through: false });
    const third = await run(NO_TIME);
    expect(third).toMatchObject({ ids: made.slice(4), listed: 1, through: true, reached: undefined });
    expect(await names()).toBe(5);
    const asked = await listed();
    expect(new Set(asked.map((params) => params["created[gte]"])).size).toBe(1);
    expect(asked.map((params) => params.starting_after)).toEqual([undefined, made[1], made[3]]);
  });

  it("keeps the edge where it began, however much later the next run is", async () => {
    await make(3);
    await run(NO_TIME);
    await supabase.query("update billing.reconcile_cursor set listed_from = listed_from - interval '10 minutes'");
    expect(await run()).toMatchObject({ through: true });
    const [first, second] = (await listed()).map((params) => Number(params["created[gte]"]));
    expect(second).toBe((first ?? 0) - 600);
  });

  it("counts as gone through only when it is, and then up to when it began", async () => {
    await make(5);
    const began = now();
    await run(NO_TIME);
    const { listed_until: edge } = (await cursors()) ?? {};
    expect(await cursors()).toMatchObject({ reconciled_until: null, place: expect.any(String) });
    expect(Math.abs(Date.parse(edge ?? "") / 1000 - began)).toBeLessThan(10);
    await supabase.query("update billing.reconcile_cursor set listed_until = listed_until - interval '10 minutes'");
    const [later] = await make(1);
    expect((await run()).ids).not.toContain(later);
    const until = Date.parse((await cursors())?.reconciled_until ?? "");
    expect(until).toBe(Date.parse(edge ?? "") - 600_000);
    expect(await cursors()).toMatchObject({ place: null, place_at: null });
    expect((await run()).ids).toEqual([later]);
  });

  it("counts no gap the first time", async () => {
    await make(5);
    await run(NO_TIME);
    await supabase.query("update billing.reconcile_cursor set listed_until = now() + interval '1 hour'");
    expect(await run()).toMatchObject({ queued: 3, missed: 0 });
  });

  it("counts a gap by the moment that it began, whenever the run is that finds it", async () => {
    await supabase.query("insert into billing.reconcile_cursor values ('all', now() - interval '1 day')");
    await make(3);
    expect(await run(NO_TIME)).toMatchObject({ queued: 2, missed: 0 });
    expect(await run()).toMatchObject({ queued: 1, missed: 0 });
    await supabase.query("truncate billing.stripe_events");
    await run(NO_TIME);
    await supabase.query("update billing.reconcile_cursor set listed_until = now() + interval '1 hour'");
    expect(await run()).toMatchObject({ queued: 1, missed: 1 });
  });

  it("says for how long not all was looked at", async () => {
    await make(5);
    const silent = await stripeWith((_, response) => void response.destroy());
    expect(await run({ stripe: silent })).toMatchObject({ behindSeconds: 0, error: expect.any(Error) });
    expect((await run(NO_TIME)).behindSeconds).toBeLessThan(30);
    await supabase.query("update billing.reconcile_cursor set listed_until = listed_until - interval '2 hours'");
    expect((await run(NO_TIME)).behindSeconds).toBeGreaterThanOrEqual(2 * HOUR);
    await supabase.query("update billing.reconcile_cursor set reconciled_until = now() - interval '3 hours'");
    expect((await run({ stripe: silent })).behindSeconds).toBeGreaterThanOrEqual(3 * HOUR - 1);
    await run();
    expect((await run()).behindSeconds).toBeLessThan(30);
  });
});

describe("a page that fails", () => {
  const failures: [string, (response: ServerResponse) => unknown][] = [
    ["Stripe answers 500", (response) => response.writeHead(500).end("{}")],
    ["Stripe was asked too often", refuseForNow],
    ["Stripe's connection breaks", (response) => response.destroy()],
  ];
  it.each(failures)("is asked for again by the next run, and what came before it stays: %s", async (_, fail) => {
    const made = await make(5);
    const stripe = await stripeWith(({ url }, response) => url?.includes("starting_after") && fail(response));
    const failed = await run({ stripe });
    expect(failed).toMatchObject({ ids: made.slice(0, 2), queued: 2, through: false, error: expect.any(Error) });
    expect(await run()).toMatchObject({ ids: made.slice(2), through: true });
    expect((await listed()).map((params) => params.starting_after)).toEqual([undefined, made[1], made[3]]);
  });

  it("is asked for once more at once, and no oftener: a run has no time to wait", async () => {
    let asked = 0;
    const stripe = await stripeWith((_, response) => {
      asked++;
      response.writeHead(500).end("{}");
    });
    expect(await run({ stripe })).toMatchObject({ listed: 0, error: expect.any(Error) });
    expect(asked).toBe(2);
  });

  it("nor is anything passed over when the queue does not answer, or Postgres", async () => {
    const made = await make(5);
    await run(NO_TIME);
    const noQueue = () => {
      throw new Error("no queue");
    };
    expect(await run({ meanwhile: noQueue })).toMatchObject({ ids: [], error: new Error("no queue") });
    const { supabase: client } = await standBeforeSupabase(supabase, ({ url = "" }, response) => {
      if (url.includes("/advance_reconcile_cursor")) response.writeHead(503).end("{}");
    });
    expect(await run({ client })).toMatchObject({ ids: made.slice(2, 4), error: expect.any(Error) });
    expect(await cursors()).toMatchObject({ place: made[1] });
    expect(await run()).toMatchObject({ ids: made.slice(4), listed: 3, through: true });
  });
});

describe("the event that a listing has come to", () => {
  it("may be one that Stripe does not list any more: the listing goes on behind it", async () => {
    const made = await make(5);
    await run(NO_TIME);
    const at = await createdOf(made[1]);
    await drop(made[1] ?? "");
    expect(await run()).toMatchObject({ through: true });
    expect(await names()).toBe(5);
    const again = (await listed()).find((params) => params["created[lte]"]);
    expect(Number(again?.["created[lte]"])).toBe(at);
    expect(again).not.toHaveProperty("starting_after");
  });

  it("and when nothing is left behind it, it is through", async () => {
    const made = await make(3);
    await run(NO_TIME);
    for (const id of made) await drop(id);
    expect(await run()).toMatchObject({ listed: 0, through: true });
    expect(await cursors()).toMatchObject({ place: null, reconciled_until: expect.any(String) });
  });

  it("stays when Stripe refuses a page for another reason", async () => {
    const made = await make(3);
    await run(NO_TIME);
    const stripe = await stripeWith((_, response) => {
      const error = { type: "invalid_request_error", message: "No" };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    });
    expect(await run({ stripe })).toMatchObject({ through: false, error: new Error("No") });
    expect(await cursors()).toMatchObject({ place: made[1] });
  });
});

describe("two runs at a time", () => {
  it("queue everything, and get through", async () => {
    const made = await make(7);
    const runs = await Promise.all([run(), run(), run()]);
    expect(new Set(runs.flatMap(({ ids }) => ids))).toEqual(new Set(made));
    expect(runs.flatMap(({ error }) => error ?? [])).toEqual([]);
    await run();
    expect(await cursors()).toMatchObject({ place: null, reconciled_until: expect.any(String) });
    expect(await names()).toBe(7);
  });

  it("leave the place to the one that is ahead", async () => {
    const made = await make(7);
    let others = 0;
    const twoRuns = () => run(NO_TIME).then(() => run(NO_TIME));
    const late = await run({ meanwhile: () => others++ === 0 && twoRuns() });
    expect(late).toMatchObject({ listed: 2, through: false });
    expect(late).not.toHaveProperty("error");
    expect(await cursors()).toMatchObject({ place: made[3] });
    expect((await run()).ids).toEqual(made.slice(4));
  });

  it("do not begin anew what another run got through meanwhile", async () => {
    await make(5);
    let others = 0;
    await run({ ...NO_TIME, meanwhile: () => others++ === 0 && run() });
    expect(await cursors()).toMatchObject({ place: null, reconciled_until: expect.any(String) });
  });

  it("do not go on with a place of which Postgres knows nothing any more", async () => {
    const made = await make(5);
    await run(NO_TIME);
    const forget = () => supabase.query("truncate billing.reconcile_cursor, billing.stripe_events");
    expect(await run({ meanwhile: forget })).toMatchObject({ ids: made.slice(2, 4), through: false });
    expect(await cursors()).toMatchObject({ place: null, listed_until: null });
    expect((await run()).ids).toEqual(expect.arrayContaining(made.slice(0, 2)));
  });
});

async function createdOf(eventId: string | undefined): Promise<number> {
  return (await lent.stripe.events.retrieve(eventId ?? "")).created;
}

it("to a key of another account nothing is listed: the empty page moves no cursor", async () => {
  await run();
  const cursors = () => supabase.query("select * from billing.reconcile_cursor order by listing");
  const before = await cursors();
  await expect(run({ stripe: await lendOtherAccount(lent) })).rejects.toMatchObject({ code: "other_stripe_account" });
  expect(await cursors()).toEqual(before);
});
