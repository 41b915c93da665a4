import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { openCheckout } from "@turnpike/core/checkout";
import { reconcile } from "@turnpike/core/reconcile";
import { createStripe, getAccountId } from "@turnpike/core/stripe";
import { keepReading } from "@turnpike/core/sync";
import { describe, expect, it, onTestFinished } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { forbid, lendOtherAccount, standBefore, standBeforeSupabase } from "../parts/proxy.ts";

const account = eachWithAccount();

const pages = async () => (await account.lent.asked("GET /v1/customers")).map(({ params }) => JSON.stringify(params));

describe("a worker that is killed", () => {
  /** From the second call of this function on, nothing reaches Postgres any more; that call itself does, where its answer is lost. */
  async function killedAt(rpc: string, answerIsLost: boolean) {
    let calls = 0;
    let dead = false;
    return standBeforeSupabase(account.supabase, async (request, response) => {
      if (!dead && request.url === `/rest/v1/rpc/${rpc}` && ++calls === 2) {
        dead = true;
        if (answerIsLost) await passOn(request);
      }
      if (dead) response.destroy();
    });
  }
  async function passOn(request: IncomingMessage) {
    const { method = "POST", url = "", headers } = request;
    const { host: _, connection: __, "content-length": ___, ...kept } = headers as Record<string, string>;
    const body = await buffer(request);
    await fetch(account.supabase.url + url, { method, headers: kept, body });
  }

  it.each(
    ["take_sync_ranges", "apply_stripe_changes", "advance_sync_range"].flatMap((rpc) =>
      [false, true].map((lost) => [rpc, lost] as const),
    ),
  )("at %s (its answer lost: %s) is followed from the last page, and only that is read twice", async (rpc, lost) => {
    await account.addOldCustomers(230);
    const { supabase: dying } = await killedAt(rpc, lost);
    await account.reading.begin();
    await expect(account.reading.work({ supabase: dying })).rejects.toThrow();
    expect(await account.reading.work()).toMatchObject({ state: "busy" });
    await account.reading.forgetWorker();
    expect(await account.reading.work()).toMatchObject({ state: "done" });
    expect(await account.reading.count("customers")).toBe(230);
    expect(await account.reading.progressOf("customer")).toMatchObject({ read: 230 });
    const asked = await pages();
    const again = asked.length - new Set(asked).size;
    const { rangesDone = 0 } = (await account.reading.progressOf("customer")) ?? {};
    expect(again).toBeLessThanOrEqual(rangesDone);
  });
});

describe("of another account", () => {
  /** Somebody who pays already, and what they would buy. */
  async function addSubscriber() {
    const { id: price } = await account.shop.sell("monthly");
    const user = await account.shop.newUser();
    await account.addSubscriber({ price, metadata: { user_id: user.id } });
    const buy = () => openCheckout(account.shop.billing, user as never, account.shop.purchase(price));
    return { user, buy };
  }
  const turn = (stripe = account.stripe) =>
    keepReading({ ...account.shop.billing, stripe }, performance.now() + 50_000, () => {});

  it("a key does not go on with a reading: what that account lacks is not taken for read, nor sold once more", async () => {
    const { user, buy } = await addSubscriber();
    await account.reading.begin();
    await expect(turn(await lendOtherAccount(account.lent))).rejects.toMatchObject({ code: "other_stripe_account" });
    expect(await account.reading.progressOf("customer")).toMatchObject({ rangesOpen: 1, rangesDone: 0 });
    expect(await account.reading.isComplete()).toBe(false);
    expect(await buy()).toContain("/p/session/");
    expect(await turn()).toMatchObject({ purpose: "sync", worked: { state: "done" } });
    expect(await account.hasAccess(user.id)).toBe(true);
  });

  it("a mirror that is emptied as the runbook says is complete no more: it is read anew, and nobody is sold to twice", async () => {
    const { user, buy } = await addSubscriber();
    expect(await turn()).toMatchObject({ purpose: "sync", worked: { state: "done" } });
    expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done" } });
    const { data: events } = await account.stripe.events.list({ limit: 100 });
    await account.shop.apply(...events);
    // What was mirrored was another one. That it held the same makes a second sale possible.
    await account.supabase.query("update billing.stripe_account set id = 'acct_other', key_hashes = '{}'");
    await account.supabase.query(`insert into billing.outbox (source_id, kind, object_id, created_at)
      values ('evt_of_the_other', 'dispute_opened', 'du_1', now() - interval '2 minutes')`);
    const [, statement = ""] =
      /### OtherAccount\n[\s\S]*?```sql\n([^`]+)```/.exec(readFileSync("docs/runbook.md", "utf8")) ?? [];
    const id = await getAccountId(account.stripe);
    await account.supabase.query(statement.replace("acct_…", id).replace("true", "false"));
    const lookedAt = () => account.supabase.query("select until from billing.last_look");
    const emptied = await lookedAt();
    expect(await account.reading.isComplete()).toBe(false);
    await account.shop.apply(...events.filter(({ type }) => /^(product|price)\./.test(type))); // what is on sale
    expect(await buy()).toContain("/p/session/");
    expect(await turn()).toMatchObject({ purpose: "sync", worked: { state: "done" } });
    expect(await account.hasAccess(user.id)).toBe(true);
    // Nothing of it passes for drift, nor for what cannot be.
    expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done" }, impossible: [] });
    expect(await account.reading.count("billing.drift")).toBe(0);
    expect(await lookedAt()).toEqual(emptied);
  });
});

describe("two workers", () => {
  it("at once never read the same range: the second has nothing to do", async () => {
    await account.addOldCustomers(250);
    await account.reading.begin();
    const states = (await Promise.all([account.reading.work(), account.reading.work()])).map(({ state }) => state);
    expect(states.sort()).toEqual(["busy", "done"]);
    const asked = await pages();
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("of which the first was taken for dead end in the same: its late page is refused", async () => {
    await account.addOldCustomers(150);
    let free = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    let isHeld = () => {};
    const waiting = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const { stripe } = await standBefore(account.lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?")) return;
      isHeld();
      await held;
    });
    await account.reading.begin();
    const slow = account.reading.work({ stripe });
    await waiting;
    await account.reading.forgetWorker();
    expect(await account.reading.work()).toMatchObject({ state: "done" });
    free();
    await slow;
    expect(await account.reading.progressOf("customer")).toMatchObject({ read: 150 });
    expect(await account.reading.count("customers")).toBe(150);
  });
});

describe("an object", () => {
  it("that Postgres refuses fails alone, and is counted and named", async () => {
    const { id } = await account.stripe.customers.create({ name: "Refused" });
    await account.addOldCustomers(120);
    await account.supabase.query("alter table public.customers add constraint refused check (name <> 'Refused')");
    try {
      expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 1 });
      const reason = expect.stringContaining("Postgres refused it");
      expect(await account.reading.failures()).toEqual([{ object: "customer", id, reason }]);
      expect(await account.reading.count("customers")).toBe(120);
      const { complete, objects } = await account.reading.completeness();
      expect(complete).toBe(true);
      expect(objects.find(({ object }) => object === "customer")).toMatchObject({ objects: 121, differing: 1 });
    } finally {
      await account.supabase.query("alter table public.customers drop constraint refused");
    }
  });

  it("that cannot be read, or stored, fails alone, and is counted and named", async () => {
    const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v1/refunds?")) return;
      const good = { id: "re_good", object: "refund", amount: 1, currency: "usd", created: 1, charge: null };
      const data = [{ ...good, id: "re_bad", created: "yesterday" }, { ...good, amount: "a lot", id: "re_half" }, good];
      response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
      response.end(JSON.stringify({ object: "list", data, has_more: false }));
    });
    expect(await account.reading.sync({ stripe })).toMatchObject({ state: "done", failed: 2 });
    expect(await account.reading.failures()).toEqual([
      { object: "refund", id: "re_bad", reason: expect.stringContaining("refund.created") },
      { object: "refund", id: "re_half", reason: expect.stringContaining("refund") },
    ]);
    expect(await account.supabase.query("select id from billing.refunds")).toEqual([{ id: "re_good" }]);
  });
});

it("what a type of the product's does not take fails alone in a sweep, too", async () => {
  const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
    if (!url.startsWith("/v1/radar/early_fraud_warnings?")) return;
    const warning = { object: "radar.early_fraud_warning", actionable: true, charge: "ch_1", created: 1 };
    const data = ["odd", "even"].map((fraud_type) => ({ ...warning, id: `issfr_${fraud_type}`, fraud_type }));
    response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
    response.end(JSON.stringify({ object: "list", data, has_more: false }));
  });
  await account.supabase.query(`create domain public.even as text check (value <> 'odd');
    alter table billing.early_fraud_warnings alter column fraud_type type public.even`);
  onTestFinished(async () => {
    await account.supabase.query(`alter table billing.early_fraud_warnings alter column fraud_type type text;
      drop domain public.even`);
  });
  const turn = () => keepReading({ stripe, supabase: account.supabase.client }, performance.now() + 60_000, () => {});
  expect(await turn()).toMatchObject({ purpose: "sync", worked: { state: "done", failed: 1 } });
  expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done", failed: 1 }, differing: 1 });
});

describe("a kind that Stripe does not list", () => {
  /** As long as it answers so. */
  function refuse(status: number, code: string) {
    const refusal = { isOn: true };
    return {
      refusal,
      before: standBefore(account.lent, ({ url = "" }, response) => {
        if (!refusal.isOn || !url.startsWith("/v1/radar/")) return;
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: { type: "invalid_request_error", code } }));
      }),
    };
  }
  const until = () => performance.now() + 60_000;
  const lacking = async () =>
    (await account.reading.completeness()).objects.filter(({ completeAsOf }) => completeAsOf === null);

  it("comes again and holds up no other, and until then the mirror is not complete", async () => {
    await account.addOldCustomers(3);
    const { refusal, before } = refuse(400, "out_of_order");
    const { stripe } = await before;
    const worked = await account.reading.sync({ stripe, until: until() });
    expect(worked).toMatchObject({ state: "waiting", errors: [{ code: "out_of_order" }] });
    expect(await account.reading.progressOf("early_fraud_warning")).toMatchObject({ lastError: "out_of_order" });
    expect(await lacking()).toMatchObject([{ object: "early_fraud_warning", lastError: "out_of_order" }]);
    expect([
      await account.reading.isComplete(),
      await account.reading.isComplete(["customer", "subscription"]),
    ]).toEqual([false, true]);
    refusal.isOn = false;
    await account.reading.waitForRetry();
    expect(await account.reading.work({ stripe, until: until() })).toMatchObject({ state: "done", errors: [] });
    expect(await account.reading.isComplete()).toBe(true);
  });

  it("for ever ends as not read, with the reason, and is counted: all else is complete, is swept and mended, again and again", async () => {
    await account.addOldCustomers(3);
    const { refusal, before } = refuse(400, "out_of_order");
    const { stripe } = await before;
    const turn = () => keepReading({ stripe, supabase: account.supabase.client }, until(), () => {});
    const turns = async () => {
      for (let n = 1; n < 12; n++) {
        expect(await turn()).toMatchObject({ worked: { state: "waiting" } });
        await account.reading.waitForRetry();
      }
      return turn();
    };
    const unread = [{ object: "early_fraud_warning", reason: "out_of_order" }];
    expect(await turns()).toMatchObject({ purpose: "sync", worked: { state: "done" }, unread });
    expect(await lacking()).toMatchObject([{ object: "early_fraud_warning", lastError: "out_of_order" }]);
    // Nothing is read all over again for its sake, and it holds up no sweep.
    await account.supabase.query("update billing.sync_runs set finished_at = finished_at - interval '2 hours'");
    for (const name of ["by hand", "by hand again"]) {
      await account.supabase.query("update customers set name = $1", [name]);
      expect(await turns()).toMatchObject({ purpose: "sweep", worked: { state: "done" }, unread });
      expect(await account.supabase.query("select from customers where name = $1", [name])).toEqual([]);
      await account.supabase.query("update billing.sync_runs set started_at = started_at - interval '1 hour'");
    }
    refusal.isOn = false;
    expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done", errors: [] }, unread: [] });
    expect(await lacking()).toEqual([]);
  });

  it("for ever, and is a page of the customers, leaves the cards of its customers for later too, and no others", async () => {
    await account.addOldCustomers(3);
    await account.reading.begin();
    await account.supabase.query(
      `insert into billing.sync_ranges (run_id, object, position, by_customer, attempts, created_to)
       select max(id), 'customer', 1, false, 11, '2012-01-01' from billing.sync_runs`,
    );
    const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v1/customers?") || !url.includes("1325376000")) return;
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":{"type":"invalid_request_error"}}');
    });
    expect(await account.reading.work({ stripe, until: until() })).toMatchObject({ state: "done" });
    expect((await lacking()).map(({ object }) => object)).toEqual(["customer", "payment_method"]);
    expect((await account.reading.progressOf("payment_method"))?.rangesDone).toBe(2);
  });

  it("because the key may not read it is named and ends the reading; a sweep reads it once the key may", async () => {
    await account.addOldCustomers(3);
    const { refusal, before } = refuse(403, "more_permissions_required");
    const { stripe } = await before;
    expect(await account.reading.sync({ stripe, until: until() })).toMatchObject({ state: "done", failed: 0 });
    expect(await lacking()).toMatchObject([{ object: "early_fraud_warning", lastError: "forbidden" }]);
    const turn = () => keepReading({ stripe, supabase: account.supabase.client }, until(), () => {});
    // Nothing is read all over again for its sake, and it holds up no sweep.
    await account.supabase.query("update billing.sync_runs set finished_at = finished_at - interval '2 hours'");
    expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done" } });
    expect(await lacking()).toMatchObject([{ object: "early_fraud_warning", lastError: "forbidden" }]);
    refusal.isOn = false;
    await account.supabase.query("update billing.sync_runs set started_at = started_at - interval '1 hour'");
    expect(await turn()).toMatchObject({ purpose: "sweep", worked: { state: "done", errors: [] } });
    expect(await lacking()).toEqual([]);
  });

  it("because the key may not read it is not complete when its last range is read", async () => {
    const { refusal, before } = refuse(403, "more_permissions_required");
    const { stripe } = await before;
    await account.reading.begin();
    const add = (object: string) =>
      account.supabase.query(
        `insert into billing.sync_ranges (run_id, object, position, by_customer, not_before)
        select max(id), $1, 1, false, 'infinity' from billing.sync_runs`,
        [object],
      );
    await add("customer"); // the reading goes on
    expect(await account.reading.work({ stripe, until: until() })).toMatchObject({ state: "waiting" });
    await add("early_fraud_warning");
    refusal.isOn = false;
    await account.reading.waitForRetry();
    expect(await account.reading.work({ stripe, until: until() })).toMatchObject({ state: "done", errors: [] });
    expect(await lacking()).toMatchObject([{ object: "early_fraud_warning", lastError: "forbidden" }]);
  });

  it("and is that of the customers, leaves their cards for later too", async () => {
    await account.addOldCustomers(3);
    const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
      if (!url.startsWith("/v1/customers?")) return;
      response.writeHead(403, { "content-type": "application/json" });
      response.end('{"error":{"type":"invalid_request_error"}}');
    });
    expect(await account.reading.sync({ stripe, until: until() })).toMatchObject({ state: "done" });
    expect((await lacking()).map(({ object }) => object)).toEqual(["customer", "payment_method"]);
  });

  it("and is that of the entitlements, leaves out no other, nor is anything left out that the account itself would say", async () => {
    const { id: price } = await account.shop.sell("monthly");
    await account.addSubscriber({ price });
    const named = await getAccountId(account.stripe);
    const { apiBase } = await standBefore(account.lent, ({ url = "" }, response) => {
      if (/^\/v1\/(account$|entitlements\/)/.test(url)) forbid(response, named, "rak_accounts_kyc_basic_read");
    });
    const stripe = createStripe({ secretKey: "rk_test_restricted", apiBase });
    const billing = { ...account.shop.billing, stripe };
    expect(await keepReading(billing, until(), () => {})).toMatchObject({ worked: { state: "done", failed: 0 } });
    expect(await lacking()).toMatchObject([{ object: "entitlements", lastError: "forbidden" }]);
    expect(await keepReading(billing, until(), () => {})).toMatchObject({
      purpose: "sweep",
      worked: { state: "done" },
    });
    expect(await reconcile({ ...billing, enqueue: async () => [] })).toMatchObject({ through: true });
    const user = await account.shop.newUser();
    expect(await openCheckout(billing, user as never, account.shop.purchase(price))).toContain("/c/pay/");
  });
});
