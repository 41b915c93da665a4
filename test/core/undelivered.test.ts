import { applyEvents } from "@turnpike/core/mirror";
import { reconcile } from "@turnpike/core/reconcile";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

const HOUR = 3600;
const now = () => Math.floor(Date.now() / 1000);
const NO_TIME = { until: 1 };

/** A run, with the consumer behind it. */
async function run({ stripe, ...options }: { stripe: LentStripe["stripe"]; until?: number }) {
  const ids: string[] = [];
  const clients = { stripe, supabase: supabase.client };
  const result = await reconcile({
    ...clients,
    ...options,
    enqueue: async (events) => {
      ids.push(...events.map(({ id }) => id));
      await applyEvents(clients, events);
      return [];
    },
  });
  return { ...result, ids };
}

describe("what Stripe calls undelivered, because another endpoint does not take it,", () => {
  const undelivered = (count: number, agoS: number) =>
    Array.from({ length: count }, () => event("product.created", product(), now() - agoS));

  /** A Stripe that lists these as undelivered, in pages of two, and nothing else. */
  async function listing(events: Stripe.Event[]) {
    const shown: string[] = [];
    let times = 0;
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v1/events?")) return;
      const asked = new URL(url, "http://stripe").searchParams;
      if (asked.has("delivery_success")) times++;
      const from = Number(asked.get("created[gte]"));
      const until = Number(asked.get("created[lt]"));
      const all = events.filter(({ created }) => until && created >= from && created < until);
      const start = all.findIndex(({ id }) => id === asked.get("starting_after")) + 1;
      const data = all.slice(start, start + 2);
      shown.push(...data.map(({ id }) => id));
      const date = new Date().toUTCString();
      response.writeHead(200, { "content-type": "application/json", date });
      response.end(JSON.stringify({ object: "list", data, has_more: all.length > start + 2 }));
    });
    return { stripe, shown: () => shown.splice(0), times: () => times };
  }
  const setCursor = (agoS: number) =>
    supabase.query(
      "insert into billing.reconcile_cursor values ('all', now() - $1 * interval '1 second') on conflict (listing) do update set reconciled_until = excluded.reconciled_until",
      [agoS],
    );

  it("is gone through page by page, beside what is new", async () => {
    const events = undelivered(5, 20 * HOUR);
    const { stripe, shown } = await listing(events);
    await setCursor(0);
    const ids = events.map(({ id }) => id);
    expect(await run({ stripe, ...NO_TIME })).toMatchObject({ ids: ids.slice(0, 2), missed: 2, through: false });
    await supabase.query(
      "update billing.reconcile_cursor set reconciled_until = now() + interval '1 minute' where listing = 'all'",
    );
    expect(await run({ stripe, ...NO_TIME })).toMatchObject({ ids: ids.slice(2, 4), missed: 2 });
    expect(await run({ stripe, ...NO_TIME })).toMatchObject({ ids: ids.slice(4), missed: 1, through: true });
    expect(shown()).toEqual(ids);
  });

  it("is asked for again for six hours, and then no more", async () => {
    const old = undelivered(3, 20 * HOUR);
    const young = undelivered(2, 4 * HOUR);
    const { stripe, shown } = await listing([...young, ...old]);
    await setCursor(0);
    await run({ stripe });
    expect(shown()).toHaveLength(5);
    expect(await run({ stripe })).toMatchObject({ listed: 2, queued: 0, missed: 0, through: true });
    expect(shown()).toEqual(young.map(({ id }) => id));
  });

  it("is not asked for the first time: all events were listed a moment ago", async () => {
    const { stripe, shown, times } = await listing(undelivered(3, HOUR));
    expect(await run({ stripe })).toMatchObject({ listed: 0, through: true });
    expect(shown()).toEqual([]);
    expect(times()).toBe(0);
    expect(await run({ stripe })).toMatchObject({ through: true });
    const { listed_from: from } =
      (
        await supabase.query<{ listed_from: string }>(
          "select listed_from from billing.reconcile_cursor where listing = 'undelivered'",
        )
      )[0] ?? {};
    expect(Math.abs(Date.parse(from ?? "") / 1000 - (now() - 30 * 24 * HOUR - 6 * HOUR))).toBeLessThan(30);
  });
});
