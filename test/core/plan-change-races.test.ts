import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { type Caller, cancelSubscription, resumeSubscription } from "@turnpike/core/plan-change";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forwardClock } from "../parts/clock.ts";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

let buyer: Awaited<ReturnType<PlanShop["subscribe"]>>;
beforeEach(async () => {
  buyer = await store.subscribe({ items: [{ price: store.small.id }] });
});

const refusal = (code: string) => ({ name: "BillingError", code });
const stripe = () => store.lent.stripe;
const behind = async (obstacle: Obstacle) => ({
  ...store.shop.billing,
  stripe: (await standBefore(store.lent, obstacle)).stripe,
});
const wishFor = async (priceId: string, quantity?: number) => {
  const { token } = await store.preview(buyer.user, { priceId, quantity });
  return { priceId, quantity, token };
};
const planOf = async () => {
  const { items } = await stripe().subscriptions.retrieve(buyer.subscription.id);
  return items.data.map(({ price, quantity }) => [price.id, quantity]);
};
const invoices = async () => (await stripe().invoices.list({ customer: buyer.customer })).data.length;
const leases = () => store.supabase.query("select from billing.sales_in_progress");
describe("what counts is how it stands at Stripe, not in the copy", () => {
  it("a subscription that the mirror has never heard of is changed", async () => {
    expect(await store.supabase.query("select from user_subscriptions where id = $1", [buyer.subscription.id])).toEqual(
      [],
    );
    await store.change({ user: buyer.user }, await wishFor(store.big.id));
    expect(await planOf()).toEqual([[store.big.id, 1]]);
  });

  it("one that was cancelled, or changed, a second ago in the portal is refused", async () => {
    const wish = await wishFor(store.big.id);
    await stripe().subscriptions.update(buyer.subscription.id, { cancel_at_period_end: true });
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("subscription_ending"));
    await stripe().subscriptions.update(buyer.subscription.id, {
      cancel_at_period_end: false,
      items: [{ id: buyer.subscription.items.data[0]?.id ?? "", quantity: 2 }],
      proration_behavior: "always_invoice",
    });
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("changed_meanwhile"));
    await stripe().subscriptions.cancel(buyer.subscription.id);
    await expect(
      store.change({ user: buyer.user }, { ...wish, subscriptionId: buyer.subscription.id }),
    ).rejects.toMatchObject(refusal("subscription_over"));
  });

  it("a price that was archived a second ago is not for sale", async () => {
    const old = await store.shop.sell("monthly", { amount: 9000 });
    const wish = await wishFor(old.id);
    await stripe().prices.update(old.id, { active: false });
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("price_not_for_sale"));
  });
});

describe("two requests at once", () => {
  it("of one wish, pressed five times, make one change that is paid once", async () => {
    const wish = await wishFor(store.big.id);
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => store.change({ user: buyer.user }, wish)));
    const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason.code] : []));
    expect(refused.filter((code) => code !== "sale_in_progress")).toEqual([]); // when this machine is slow
    expect(refused.length).toBeLessThan(5);
    expect(await planOf()).toEqual([[store.big.id, 1]]);
    expect(await invoices()).toBe(2);
  }, 30_000);

  it("of two wishes, in two tabs, make one change; the other is told what it would cost now", async () => {
    const wishes = [await wishFor(store.small.id, 3), await wishFor(store.big.id)];
    const answers = await Promise.allSettled(wishes.map((wish) => store.change({ user: buyer.user }, wish)));
    const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    expect(refused).toHaveLength(1);
    expect(["changed_meanwhile", "sale_in_progress"]).toContain(refused[0].code); // the latter when this machine is slow
    expect(await invoices()).toBe(2);
  }, 30_000);

  it("of a change and a cancellation end with both, or with the cancellation and a reason", async () => {
    const wish = await wishFor(store.big.id);
    const [changed] = await Promise.allSettled([store.change({ user: buyer.user }, wish), store.cancel(buyer.user)]);
    const { cancel_at_period_end: ends } = await stripe().subscriptions.retrieve(buyer.subscription.id);
    expect(ends).toBe(true);
    if (changed?.status === "rejected") expect(changed.reason).toMatchObject(refusal("subscription_ending"));
    expect(await planOf()).toEqual([[changed?.status === "fulfilled" ? store.big.id : store.small.id, 1]]);
  }, 30_000);

  it("change nothing any more when they take too long: another may have begun", async () => {
    const wish = await wishFor(store.big.id);
    const slow = await behind(({ url }) => url?.endsWith("/create_preview") && forwardClock(10_500));
    await expect(store.change({ user: buyer.user }, wish, slow)).rejects.toMatchObject(refusal("sale_in_progress"));
    expect(await planOf()).toEqual([[store.small.id, 1]]);
  });

  it("wait for each other and for a sale, and refuse whoever waits too long", async () => {
    await store.supabase.client.rpc("begin_sale", { payer: `user:${buyer.user.id}`, token: randomUUID() });
    await expect(store.cancel(buyer.user)).rejects.toMatchObject(refusal("sale_in_progress"));
    await store.supabase.query("delete from billing.sales_in_progress");
  }, 30_000);
});

/** Lets a request through, and then the process dies before it hears the answer. */
const dieAfter = (path: RegExp): Obstacle => {
  let died = false;
  return async (request, response) => {
    if (died || request.method !== "POST" || !path.test(request.url ?? "")) return;
    died = true;
    const { authorization = "", "content-type": type = "", "idempotency-key": key = "" } = request.headers;
    const headers = { authorization, "content-type": type, "idempotency-key": `${key}` };
    await fetch(store.lent.apiBase + request.url, { method: "POST", headers, body: await text(request) });
    response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" }).end("{}");
  };
};

describe("a process that dies", () => {
  const SUBSCRIPTION = /^\/v1\/subscriptions\/sub_\w+$/;

  it("before it has changed anything leaves nothing, no lease either", async () => {
    const wish = await wishFor(store.big.id);
    const dying = await behind(({ method, url }, response) => {
      if (method === "POST" && SUBSCRIPTION.test(url ?? "")) response.destroy();
    });
    await expect(store.change({ user: buyer.user }, wish, dying)).rejects.toThrow();
    expect(await leases()).toEqual([]);
    expect(await planOf()).toEqual([[store.small.id, 1]]);
    await store.change({ user: buyer.user }, wish);
    expect(await invoices()).toBe(2);
  }, 30_000);

  it("after the change, before it could say so: whoever presses again is told that it is made, and pays once", async () => {
    const wish = await wishFor(store.big.id);
    const caller = { user: buyer.user, idempotencyKey: randomUUID() };
    await expect(store.change(caller, wish, await behind(dieAfter(SUBSCRIPTION)))).rejects.toThrow();
    expect(await store.change(caller, wish)).toMatchObject({ items: [{ priceId: store.big.id }] });
    expect(await store.charged(buyer.customer)).toHaveLength(2);
  });

  it("after a card was declined, before that was taken back: the same press is told so, and nothing can be charged later", async () => {
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    const wish = await wishFor(store.big.id);
    const caller = { user: buyer.user, idempotencyKey: randomUUID() };
    await expect(store.change(caller, wish, await behind(dieAfter(SUBSCRIPTION)))).rejects.toThrow();
    await expect(store.change(caller, wish)).rejects.toMatchObject(refusal("card_declined"));
    expect((await stripe().invoices.list({ customer: buyer.customer, status: "open" })).data).toEqual([]);
    expect(await planOf()).toEqual([[store.small.id, 1]]);
  });

  it("between the two steps of a schedule leaves one that the next press takes up", async () => {
    const held = await store.subscribe({ items: [{ price: store.big.id }] });
    const { token } = await store.preview(held.user, { priceId: store.small.id });
    const wish = { priceId: store.small.id, token };
    await expect(
      store.change({ user: held.user }, wish, await behind(dieAfter(/^\/v1\/subscription_schedules$/))),
    ).rejects.toThrow();
    const { schedule } = await stripe().subscriptions.retrieve(held.subscription.id);
    expect(schedule).not.toBeNull();
    expect(await store.change({ user: held.user }, wish)).toMatchObject({
      changesTo: { items: [{ priceId: store.small.id }] },
    });
    expect((await stripe().subscriptions.retrieve(held.subscription.id)).schedule).toBe(schedule);
  });

  it("or leaves one that stands in the way of no cancellation", async () => {
    await stripe().subscriptionSchedules.create({
      from_subscription: buyer.subscription.id,
      metadata: { scheduled_by: "turnpike" },
    });
    expect(await store.cancel(buyer.user)).toMatchObject({ endsAt: expect.any(String) });
  });
});

describe("Stripe", () => {
  it("refuses for a reason that only it knows: that is told, and the log says where to look", async () => {
    const wish = await wishFor(store.big.id);
    const refusing = await behind(({ method, url }, response) => {
      if (method !== "POST" || !url?.startsWith("/v1/subscriptions/")) return;
      response.writeHead(400, { "content-type": "application/json", "request-id": "req_1" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message: "No, not today." } }));
    });
    await expect(store.change({ user: buyer.user }, wish, refusing)).rejects.toMatchObject({
      ...refusal("subscription_not_changeable"),
      reason: "Stripe refused it. Its log says why: https://dashboard.stripe.com/logs/req_1",
    });
    expect(await leases()).toEqual([]);
  });

  it("has done what was wished, though Postgres refuses the row: the answer says so, however often it is asked for", async () => {
    const tables = ["public.user_subscriptions", "billing.invoices"];
    const refused = `refused check (customer_id <> '${buyer.customer}') not valid`;
    for (const table of tables) await store.supabase.query(`alter table ${table} add constraint ${refused}`);
    try {
      await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
      const wish = await wishFor(store.big.id);
      await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("card_declined"));
      await store.useCard(buyer.customer, "pm_card_visa");
      for (const press of [wish, wish])
        expect(await store.change({ user: buyer.user }, press)).toMatchObject({ items: [{ priceId: store.big.id }] });
      const later = await wishFor(store.small.id);
      for (const press of [later, later])
        expect(await store.change({ user: buyer.user }, press)).toMatchObject({
          changesTo: { items: [{ priceId: store.small.id }] },
        });
      for (const ends of [true, true, false, false]) {
        const state = await (ends ? store.cancel : store.resume)(buyer.user);
        expect(state).toMatchObject({ endsAt: ends ? expect.any(String) : null });
        expect(await store.held(buyer.subscription)).toMatchObject({ price: store.big.id, ends });
      }
    } finally {
      for (const table of tables) await store.supabase.query(`alter table ${table} drop constraint refused`);
    }
  });

  it("fails, and keeps the failure for the key: the same request is made all the same", async () => {
    const wish = await wishFor(store.big.id);
    let isFirst = true;
    const failing = await behind(async ({ method, url }) => {
      if (method !== "POST" || !url?.startsWith("/v1/subscriptions/") || !isFirst) return;
      isFirst = false;
      await store.lent.fault({ kind: "error_500_kept", match: "/v1/subscriptions/" });
    });
    const caller = { user: buyer.user, idempotencyKey: randomUUID() };
    await store.change(caller, wish, failing);
    expect(isFirst).toBe(false);
    expect(await planOf()).toEqual([[store.big.id, 1]]);
    expect(await invoices()).toBe(2);
  }, 30_000);

  it("does once what a key was used for: a cancellation, or a resumption, that comes again, late, undoes no later wish and is not said to be made", async () => {
    const { billing } = store.shop;
    const [cancelling, resuming] = [randomUUID(), randomUUID()].map((idempotencyKey) => ({
      user: buyer.user,
      idempotencyKey,
    }));
    await cancelSubscription(billing, cancelling as Caller, {});
    await resumeSubscription(billing, resuming as Caller, {});
    await expect(cancelSubscription(billing, cancelling as Caller, {})).rejects.toMatchObject(
      refusal("changed_meanwhile"),
    );
    expect(await store.held(buyer.subscription)).toMatchObject({ ends: false });
    await store.cancel(buyer.user);
    await expect(resumeSubscription(billing, resuming as Caller, {})).rejects.toMatchObject(
      refusal("changed_meanwhile"),
    );
    expect(await store.held(buyer.subscription)).toMatchObject({ ends: true });
  });

  it("makes the whole of a cancellation that has taken back a change, whatever its key was used for", async () => {
    const { user, subscription } = await store.subscribe({ items: [{ price: store.big.id }] });
    const caller = { user, idempotencyKey: randomUUID() };
    await cancelSubscription(store.shop.billing, caller, {});
    await store.resume(user);
    await store.change({ user }, (await store.previewed(user, store.small.id)).wish);
    expect(await cancelSubscription(store.shop.billing, caller, {})).toMatchObject({ endsAt: expect.any(String) });
    expect(await store.held(subscription)).toMatchObject({ ends: true });
  });

  it("does in a trial, too, what a key was used for once: what was changed back since is not said to be made", async () => {
    const { user } = await store.subscribe({ items: [{ price: store.small.id }], trial_period_days: 9 });
    const caller = { user, idempotencyKey: randomUUID() };
    const { wish } = await store.previewed(user, store.big.id);
    await store.change(caller, wish);
    await store.change({ user }, (await store.previewed(user, store.small.id)).wish);
    await expect(store.change(caller, wish)).rejects.toMatchObject(refusal("changed_meanwhile"));
  });

  it("schedules what a key was used for once: what was taken back since is not said to be scheduled", async () => {
    const { user } = await store.subscribe({ items: [{ price: store.big.id }] });
    const caller = { user, idempotencyKey: randomUUID() };
    const { wish } = await store.previewed(user, store.small.id);
    await store.change(caller, wish);
    await store.resume(user);
    const { details } = await store.change(caller, wish).catch((error) => error);
    const again = { ...wish, token: details.preview.token };
    expect(await store.change({ user }, again)).toMatchObject({ changesTo: { items: [{ priceId: store.small.id }] } });
  });

  it("is asked for no more of a change that died half scheduled, and was taken back since", async () => {
    const { user, subscription } = await store.subscribe({ items: [{ price: store.big.id }] });
    const caller = { user, idempotencyKey: randomUUID() };
    const { wish } = await store.previewed(user, store.small.id);
    const dying = await behind(dieAfter(/^\/v1\/subscription_schedules$/));
    await expect(store.change(caller, wish, dying)).rejects.toThrow();
    await store.resume(user);
    await expect(store.change(caller, wish)).rejects.toMatchObject(refusal("changed_meanwhile"));
    expect((await stripe().subscriptions.retrieve(subscription.id)).schedule).toBeNull();
  });

  it("is asked for each route by itself: a key of one is good for another", async () => {
    const caller = { user: buyer.user, idempotencyKey: randomUUID() };
    await store.change(caller, await wishFor(store.small.id, 2));
    expect(await cancelSubscription(store.shop.billing, caller, {})).toMatchObject({ endsAt: expect.any(String) });
    expect(await resumeSubscription(store.shop.billing, caller, {})).toMatchObject({ endsAt: null });
  });

  it("is told of another's key as of another", async () => {
    const other = await store.subscribe({ items: [{ price: store.small.id }] });
    const key = randomUUID();
    for (const { user } of [buyer, other]) {
      const state = await cancelSubscription(store.shop.billing, { user, idempotencyKey: key }, {});
      expect(state.endsAt).not.toBeNull();
    }
  });

  it("is asked for one thing under one key: for another it is refused", async () => {
    const caller = { user: buyer.user, idempotencyKey: randomUUID() };
    await store.change(caller, await wishFor(store.small.id, 2));
    for (const [price, quantity] of [
      [store.big.id, 2],
      [store.small.id, 1], // with the next period, so by other requests
    ] as const) {
      const reused = store.change(caller, await wishFor(price, quantity));
      await expect(reused).rejects.toMatchObject(refusal("idempotency_key_reused"));
    }
    expect((await stripe().subscriptions.retrieve(buyer.subscription.id)).schedule).toBeNull();
    const other = { ...caller, idempotencyKey: randomUUID() };
    await store.change(other, await wishFor(store.small.id, 1));
    await store.resume(buyer.user);
    const reused = store.change(other, await wishFor(store.big.id, 2));
    await expect(reused).rejects.toMatchObject(refusal("idempotency_key_reused"));
  });
});
