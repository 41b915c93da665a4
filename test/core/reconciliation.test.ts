import { applyEvents, enabledEvents } from "@turnpike/core/mirror";
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
const clients = (stripe = lent.stripe) => ({ stripe, supabase: supabase.client });

/** A run, with the consumer behind it: what is queued is applied, but for these. */
async function run({ stripe = lent.stripe, refuse = (_: Stripe.Event): boolean => false } = {}) {
  const queued: Stripe.Event[] = [];
  const result = await reconcile({
    ...clients(stripe),
    enqueue: async (events) => {
      const taken = events.filter((event) => !refuse(event));
      queued.push(...taken);
      await applyEvents(clients(), taken);
      return events.filter(refuse).map((event) => ({ event, reason: "The queue refused it" }));
    },
  });
  return { ...result, ids: queued.map(({ id }) => id) };
}
const atStripe = async (...types: string[]) => (await lent.stripe.events.list({ limit: 100, types })).data;
const cursor = async () => {
  const [row] = await supabase.query<{ at: string }>(
    "select reconciled_until as at from billing.reconcile_cursor where listing = 'all'",
  );
  return row && Date.parse(row.at) / 1000;
};
const setCursor = (seconds: number) =>
  supabase.query("insert into billing.reconcile_cursor values ('all', to_timestamp($1))", [seconds]);
const forget = (eventId: string) => supabase.query("delete from billing.stripe_events where id = $1", [eventId]);
const listings = async (undelivered = false) =>
  (await lent.asked("GET /v1/events"))
    .map(({ params }) => params)
    .filter((p) => p["created[gte]"] && Boolean(p.delivery_success) === undelivered);

describe("a run", () => {
  it("queues what the ledger lacks, and the one after finds nothing", async () => {
    const made = await lent.stripe.products.create({ name: "Made" });
    await lent.stripe.products.update(made.id, { name: "Changed" });
    const wanted = (await atStripe()).filter(({ type }) => enabledEvents.includes(type));
    const first = await run();
    expect(first.ids.sort()).toEqual(wanted.map(({ id }) => id).sort());
    expect(first).toMatchObject({ queued: wanted.length, missed: 0, refused: 0 });
    expect(first.listed).toBeGreaterThanOrEqual(wanted.length);
    expect(await run()).toMatchObject({ queued: 0, ids: [] });
    const [lost] = wanted;
    await forget(lost?.id ?? "");
    expect((await run()).ids).toEqual([lost?.id]);
  });

  it("queues what was refused as another account's or mode's, once Stripe lists it to the key at hand", async () => {
    await lent.stripe.products.create({ name: "Refused" });
    const [listed] = await atStripe("product.created");
    await applyEvents(clients(), [{ ...(listed as Stripe.Event), livemode: true }]);
    const [entry] = await supabase.query("select outcome from billing.stripe_events where id = $1", [listed?.id]);
    expect(entry).toEqual({ outcome: "refused" });
    expect((await run()).ids).toEqual([listed?.id]);
    expect((await run()).ids).toEqual([]);
  });

  it("queues nothing that the mirror has no use for", async () => {
    await lent.stripe.coupons.create({ percent_off: 10, duration: "once" });
    expect(await atStripe("coupon.created")).toHaveLength(1);
    await run();
    await supabase.query("truncate billing.stripe_events");
    const { ids } = await run();
    const [coupon] = await atStripe("coupon.created");
    expect(ids).not.toContain(coupon?.id);
  });

  it("goes through all pages", async () => {
    await Promise.all(Array.from({ length: 101 }, (_, n) => lent.stripe.products.create({ name: `${n}` })));
    const { ids, listed } = await run();
    expect(listed).toBe(101);
    expect(new Set(ids).size).toBe(101);
    expect(await listings()).toHaveLength(2);
  });

  it("looks back as far as Stripe lists the first time, and then from an hour before the last", async () => {
    await run();
    const [first] = await listings();
    expect(Math.abs(Number(first?.["created[gte]"]) - (now() - 30 * 24 * HOUR))).toBeLessThan(30);
    const last = (await cursor()) ?? 0; // the run below writes it anew
    await run();
    const [, second] = await listings();
    expect(second).toEqual({ "created[gte]": String(last - HOUR), limit: "100" });
  });

  it("asks for what Stripe could not deliver, however old it is", async () => {
    await lent.stripe.products.create({ name: "Old" });
    await setCursor(now() + 2 * HOUR); // an hour before it, the product was there
    const { ids } = await run();
    expect(ids).toEqual([]); // Stripe has no endpoint to deliver to
    const [since] = await listings();
    expect(await listings(true)).toEqual([
      {
        delivery_success: "false",
        "created[gte]": expect.any(String),
        "created[lt]": since?.["created[gte]"],
        limit: "100",
      },
    ]);
    const [undelivered] = await listings(true);
    expect(Math.abs(Number(undelivered?.["created[gte]"]) - (now() - 30 * 24 * HOUR))).toBeLessThan(30);
  });

  it("queues what Stripe could not deliver, though it is older than the last run", async () => {
    await lent.stripe.webhookEndpoints.create({ url: "http://127.0.0.1:9/", enabled_events: ["*"] });
    const { id } = await lent.stripe.products.create({ name: "Undelivered" });
    await setCursor(now() + 2 * HOUR);
    const [event] = await atStripe("product.created");
    expect((await run()).ids).toContain(event?.id);
    expect(await supabase.query("select name from products where id = $1", [id])).toEqual([{ name: "Undelivered" }]);
  });
});

it("a run counts what Stripe lists as new and what it could not deliver; what is five minutes old may be on its way", async () => {
  const at = now() - 1000;
  const [recent, young, undelivered, refused] = [at - 301, at - 300, at - 9 * HOUR, at - 9 * HOUR].map((created) =>
    event("product.created", product(), created),
  );
  const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
    if (!url.startsWith("/v1/events?")) return;
    const data = url.includes("delivery_success") ? [undelivered, refused] : [recent, young];
    // It answers in the second after the one that it looked.
    const date = new Date((at + 1) * 1000).toUTCString();
    response.writeHead(200, { "content-type": "application/json", date });
    response.end(JSON.stringify({ object: "list", data, has_more: false }));
  });
  await setCursor(at);
  expect(await run({ stripe, refuse: ({ id }) => id === refused?.id })).toMatchObject({
    listed: 4,
    queued: 3,
    missed: 3,
    refused: 1,
    ids: [recent?.id, young?.id, undelivered?.id],
  });
});

describe("the cursor", () => {
  it("is on Stripe's clock, at the moment that the run began", async () => {
    const slow = await standBefore(lent, () => {}, { fastBySeconds: -2 * HOUR });
    await run({ stripe: slow.stripe });
    expect(Math.abs(((await cursor()) ?? 0) - (now() - 2 * HOUR))).toBeLessThan(30);
  });

  it("never goes back", async () => {
    const ahead = now() + 1000;
    await setCursor(ahead);
    await run();
    expect(await cursor()).toBe(ahead);
  });

  it("stays where it was when the queue does not answer", async () => {
    await lent.stripe.products.create({ name: "Made" });
    const failed = await reconcile({
      ...clients(),
      enqueue: async () => {
        throw new Error("no queue");
      },
    });
    expect(failed).toMatchObject({ through: false, error: new Error("no queue") });
    expect(await cursor()).toBeUndefined();
  });
});

describe("a gap", () => {
  it("is what the webhook should have brought by now: what is under way is none", async () => {
    await setCursor(now());
    await lent.stripe.products.create({ name: "Just now" });
    expect(await run()).toMatchObject({ queued: 1, missed: 0 });
    await supabase.query("truncate billing.stripe_events");
    for (const [fastBySeconds, missed] of [
      [240, 0],
      [360, 1],
    ] as const) {
      await supabase.query("truncate billing.stripe_events");
      const { stripe } = await standBefore(lent, () => {}, { fastBySeconds });
      expect(await run({ stripe })).toMatchObject({ queued: 1, missed });
    }
  });

  it("is not what was before the first run", async () => {
    await lent.stripe.products.create({ name: "Long ago" });
    const { stripe } = await standBefore(lent, () => {}, { fastBySeconds: HOUR });
    expect(await run({ stripe })).toMatchObject({ queued: 1, missed: 0 });
  });

  it("is not found twice", async () => {
    await setCursor(now());
    await lent.stripe.products.create({ name: "Lost" });
    const { stripe } = await standBefore(lent, () => {}, { fastBySeconds: 600 });
    expect((await run({ stripe })).missed).toBe(1);
    expect((await run({ stripe })).missed).toBe(0);
  });
});

describe("what was queued, and forgotten by the queue before anybody worked on it", () => {
  const lookedAgain = (daysAgo: number) =>
    supabase.query("insert into billing.reconcile_cursor values ('again', now() - $1 * interval '1 day')", [daysAgo]);
  /** An event that was queued long before now, as far as the cursors say, and that the ledger lacks. */
  async function forgotten(lookedAgainDaysAgo: number): Promise<Stripe.Event> {
    await lent.stripe.products.create({ name: "Forgotten" });
    await setCursor(now() + 2 * HOUR);
    await lookedAgain(lookedAgainDaysAgo);
    const [found] = await atStripe("product.created");
    return found as Stripe.Event;
  }

  it("is queued again within ten days, and counted", async () => {
    const { id } = await forgotten(11);
    expect(await run()).toMatchObject({ ids: [id], missed: 1, through: true });
    expect(await run()).toMatchObject({ listed: 0, ids: [] });
  });

  it("is not looked for at each run", async () => {
    await forgotten(9);
    expect(await run()).toMatchObject({ listed: 0, ids: [], through: true });
  });

  it("is looked for as far back as Stripe lists, and up to what is looked at anyway", async () => {
    await forgotten(11);
    await run();
    const [all, again] = await listings();
    expect(again?.["created[lt]"]).toBe(all?.["created[gte]"]);
    expect(Math.abs(Number(again?.["created[gte]"]) - (now() - 30 * 24 * HOUR))).toBeLessThan(30);
  });

  it("is not looked for in the first run, which has looked at all", async () => {
    await lent.stripe.products.create({ name: "Made" });
    await run();
    expect(await listings()).toHaveLength(1);
    await run();
    expect(await listings()).toHaveLength(2);
  });

  it("is looked for by the next run when one fails or has no time", async () => {
    const { id } = await forgotten(11);
    const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
      const isAgain = decodeURIComponent(url).includes("created[lt]") && !url.includes("delivery_success");
      if (isAgain) response.writeHead(500).end("{}");
    });
    expect(await run({ stripe })).toMatchObject({ ids: [], through: false, error: expect.anything() });
    expect((await run()).ids).toEqual([id]);
  });
});

describe("an event that the queue will never take", () => {
  it("is recorded as failed, with the reason, and holds up nothing behind it", async () => {
    for (const name of ["A", "B", "C"]) await lent.stripe.products.create({ name });
    const events = await atStripe("product.created");
    const bad = events[1];
    const { queued, refused, ids } = await run({ refuse: ({ id }) => id === bad?.id });
    expect({ queued, refused }).toEqual({ queued: 2, refused: 1 });
    expect(ids).not.toContain(bad?.id);
    const entry = await supabase.query("select outcome, reason, object_id from billing.stripe_events where id = $1", [
      bad?.id,
    ]);
    const object_id = (bad?.data.object as { id: string } | undefined)?.id;
    expect(entry).toEqual([{ outcome: "failed", reason: "The queue refused it", object_id }]);
    expect(await run()).toMatchObject({ queued: 0, refused: 0 });
  });
});
