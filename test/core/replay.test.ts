import { followLedger } from "@turnpike/core/ledger";
import { applyEvents } from "@turnpike/core/mirror";
import { type Replay, type Replayed, replay, type Wanted } from "@turnpike/core/replay";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let clients: { stripe: LentStripe["stripe"]; supabase: LentSupabase["client"] };
beforeEach(async () => {
  supabase = await lendSupabase();
  lent = await lendStripe();
  clients = { stripe: lent.stripe, supabase: supabase.client };
});

async function bring(wanted: Wanted, options: Partial<Replay> = {}): Promise<Replayed[]> {
  const all: Replayed[] = [];
  for await (const page of replay({ ...clients, waitMs: 5_000, ...options }, wanted)) all.push(...page);
  return all;
}
const ids = async () => (await lent.stripe.events.list()).data.map(({ id }) => id);
const anHour = { since: new Date(Date.now() - 3_600_000), types: [] };
const ledger = () => supabase.query<{ outcome: string }>("select outcome from billing.stripe_events");

describe("an event that is asked for again", () => {
  it("is applied, and left when it was already", async () => {
    await lent.stripe.customers.create({ email: "a@example.com" });
    const [id = ""] = await ids();
    expect(await bring({ ids: [id] })).toEqual([{ id, type: "customer.created", outcome: "applied", reason: null }]);
    expect(await bring({ ids: [id] })).toMatchObject([{ outcome: "done" }]);
    expect(await ledger()).toEqual([{ outcome: "applied" }]);
  });

  it("is said to be unknown, or of no use, where it is", async () => {
    await lent.stripe.plans.create({ currency: "usd", interval: "month", amount: 100, product: { name: "Plan" } });
    const outcomes = await bring(anHour);
    expect(outcomes).toContainEqual(expect.objectContaining({ type: "plan.created", outcome: "ignored" }));
    expect(outcomes).toContainEqual(expect.objectContaining({ type: "price.created", outcome: "applied" }));
    expect(await bring({ ids: ["evt_nobody"] })).toEqual([
      { id: "evt_nobody", type: "", outcome: "unknown", reason: null },
    ]);
  });

  it("that had failed is applied by this", async () => {
    await lent.stripe.customers.create({ email: "a@example.com" });
    const [id = ""] = await ids();
    await supabase.query(
      "insert into billing.stripe_events (id, type, created_at, outcome, reason) values ($1, 'customer.created', now(), 'failed', 'x')",
      [id],
    );
    expect(await bring({ ids: [id] })).toMatchObject([{ outcome: "applied" }]);
    expect(await ledger()).toEqual([{ outcome: "applied" }]);
  });
});

it("those since a moment, and of a type, are found however many pages they fill", async () => {
  for (let n = 0; n < 120; n++) await lent.stripe.customers.create({ email: `${n}@example.com` });
  await lent.stripe.products.create({ name: "Pro" });
  expect(await bring({ ...anHour, types: ["product.*"] })).toMatchObject([{ type: "product.created" }]);
  const all = await bring({ ...anHour, types: ["customer.created", "product.created"] });
  expect(all).toHaveLength(121);
  expect(all.filter(({ outcome }) => outcome === "applied")).toHaveLength(120);
  expect(await bring({ since: new Date(Date.now() + 3_600_000), types: [] })).toEqual([]);
});

describe("through the queue", () => {
  it("it is said what the consumer made of each, and which still wait", async () => {
    await lent.stripe.customers.create({ email: "a@example.com" });
    await lent.stripe.customers.create({ email: "b@example.com" });
    const queued: Stripe.Event[] = [];
    const enqueue = async (events: Stripe.Event[]) => {
      queued.push(...events);
      await applyEvents(clients, events.slice(1));
      return [];
    };
    const outcomes = await bring(anHour, { enqueue, waitMs: 0 });
    expect(queued).toHaveLength(2);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["queued", "applied"]);
  });

  it("the failure that was there before is not taken for what became of it now", async () => {
    await lent.stripe.customers.create({ email: "a@example.com" });
    const [id = ""] = await ids();
    await supabase.query(
      "insert into billing.stripe_events (id, type, created_at, outcome, reason) values ($1, 'customer.created', now(), 'failed', 'x')",
      [id],
    );
    expect(await bring({ ids: [id] }, { enqueue: async () => [], waitMs: 300 })).toMatchObject([{ outcome: "queued" }]);
  });

  it("what was not reached when it is stopped is not queued, and not told of", async () => {
    for (let n = 0; n < 35; n++) await lent.stripe.customers.create({ email: `${n}@example.com` });
    const stopping = new AbortController();
    const queued: string[] = [];
    const enqueue = async (events: Stripe.Event[]) => {
      queued.push(...events.map(({ id }) => id));
      stopping.abort();
      return [];
    };
    const outcomes = await bring(anHour, { enqueue, signal: stopping.signal });
    expect(outcomes.map(({ id }) => id)).toEqual(queued);
    expect(queued).toHaveLength(10);
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["queued"]));
  });

  it("one that the queue will not have is said to fail, with the reason", async () => {
    await lent.stripe.customers.create({ email: "a@example.com" });
    const enqueue = async (events: Stripe.Event[]) => events.map((event) => ({ event, reason: "too large" }));
    expect(await bring(anHour, { enqueue })).toMatchObject([{ outcome: "failed", reason: "too large" }]);
  });
});

it("a key of another account brings nothing", async () => {
  await supabase.query("insert into billing.stripe_account values (true, 'acct_other', false, '{x}')");
  await expect(bring(anHour)).rejects.toThrow("another account");
});

describe("the ledger is followed", () => {
  const add = (id: string, ago: string, type = "invoice.paid") =>
    supabase.query(
      "insert into billing.stripe_events (id, type, created_at, outcome, recorded_at) values ($1, $2, now(), 'applied', now() - $3::interval)",
      [id, type, ago],
    );

  async function follow(options: { types?: string[] }, onCaughtUp: (times: number) => unknown, turns: number) {
    const seen: string[] = [];
    const stop = new AbortController();
    let times = 0;
    const since = new Date(Date.now() - 3_600_000).toISOString();
    let pending: Promise<unknown> = Promise.resolve();
    const caughtUp = () => {
      pending = Promise.resolve(onCaughtUp(++times));
      if (times === turns) stop.abort();
    };
    for await (const { id } of followLedger(clients.supabase, {
      since,
      pauseMs: 50,
      signal: stop.signal,
      onCaughtUp: caughtUp,
      ...options,
    })) {
      seen.push(id);
    }
    await pending;
    return seen;
  }

  it("from a moment on, in order, each once, also what was written down late", async () => {
    await add("evt_long_ago", "2 hours");
    await add("evt_2", "1 minute");
    await add("evt_1", "2 minutes");
    const seen = await follow(
      {},
      (times) => times === 1 && Promise.all([add("evt_late", "63 seconds"), add("evt_3", "0 s")]),
      8,
    );
    expect(seen.slice(0, 2)).toEqual(["evt_1", "evt_2"]);
    expect(seen.slice(2).sort()).toEqual(["evt_3", "evt_late"]);
  });

  it("a page at a time: the next begins behind the entry with which the last one ended", async () => {
    await supabase.query(`
      insert into billing.stripe_events (id, type, created_at, outcome, recorded_at)
      select 'evt_' || n, 'invoice.paid', now(), 'applied', now() from generate_series(1, 3) n`);
    const [{ moment = "" } = {}] = await supabase.query<{ moment: string }>(
      "select max(recorded_at)::text as moment from billing.stripe_events",
    );
    const behind = async (id: string) => {
      const asked = { after_moment: moment, after_id: id, types: null as unknown as string[], most: 2 };
      return (await clients.supabase.rpc("list_stripe_events", asked)).data?.map((entry) => entry.id);
    };
    expect(await behind("")).toEqual(["evt_1", "evt_2"]);
    expect(await behind("evt_2")).toEqual(["evt_3"]);
    expect(await behind("evt_3")).toEqual([]);
  });

  it("of the types that are asked for, past a page", async () => {
    await supabase.query(`
      insert into billing.stripe_events (id, type, created_at, outcome, recorded_at)
      select 'evt_' || n, case when n % 2 = 0 then 'invoice.paid' else 'charge.refunded' end, now(), 'applied', now() - interval '1 minute'
      from generate_series(1, 1300) n`);
    const seen = await follow({ types: ["invoice.paid"] }, () => {}, 2);
    expect(new Set(seen).size).toBe(650);
    expect(seen).toHaveLength(650);
  });
});
