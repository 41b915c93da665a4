import type Stripe from "stripe";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

const refusal = (code: string) => ({ name: "BillingError", code });
const stripe = () => store.lent.stripe;
const held = (subscription: Stripe.Subscription) => store.held(subscription);
/** What the mirror shows, though no event has come. */
const mirrored = async ({ id }: Stripe.Subscription) => {
  const columns = "price_id, quantity, cancel_at_period_end";
  const { data } = await store.supabase.client.from("user_subscriptions").select(columns).eq("id", id);
  return data?.[0];
};
const upcoming = async ({ id }: Stripe.Subscription) => {
  const { data } = await store.supabase.client
    .from("upcoming_changes")
    .select("kind, price_id")
    .eq("subscription_id", id);
  return data;
};

/** Does something when our clock is so far ahead. */
async function inTime<Result>(ahead: number, act: () => Promise<Result>): Promise<Result> {
  const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() + ahead);
  try {
    return await act();
  } finally {
    now.mockRestore();
  }
}

const subscribe = (price = store.small.id, quantity = 1, options = {}) =>
  store.subscribe({ items: [{ price, quantity }] }, options);
type Subscriber = Awaited<ReturnType<PlanShop["subscribe"]>>;
const previewed = (buyer: Subscriber, priceId: string, quantity?: number) =>
  store.previewed(buyer.user, priceId, quantity);

describe("a change", () => {
  it("up is made at once, charged as previewed, and the mirror shows it before any event", async () => {
    const buyer = await subscribe();
    const { preview, wish } = await previewed(buyer, store.big.id);
    expect(preview).toMatchObject({ effective: "now", currency: "usd", credit: 0, next: { amount: 3000 } });
    expect(preview.lines).toMatchObject([{ proration: true }, { proration: true }]);
    const state = await store.change({ user: buyer.user }, wish);
    expect(state).toMatchObject({ items: [{ priceId: store.big.id, quantity: 1 }], endsAt: null, changesTo: null });
    expect(await store.charged(buyer.customer)).toEqual([preview.amountDue, 1500]);
    expect(await mirrored(buyer.subscription)).toMatchObject({ price_id: store.big.id, quantity: 1 });
  });

  it("down comes with the next period; until then all stays, and nothing is charged", async () => {
    const buyer = await subscribe(store.big.id);
    const { preview, wish } = await previewed(buyer, store.small.id);
    const end = new Date(Number(buyer.subscription.items.data[0]?.current_period_end) * 1000).toISOString();
    expect(preview).toMatchObject({
      effective: "period_end",
      effectiveAt: end,
      amountDue: 0,
      lines: [],
      next: { amount: 1500, at: end },
    });
    const state = await store.change({ user: buyer.user }, wish);
    expect(state).toMatchObject({
      items: [{ priceId: store.big.id }],
      changesTo: { items: [{ priceId: store.small.id, quantity: 1 }], at: end },
    });
    expect(await store.charged(buyer.customer)).toEqual([3000]);
    expect(await upcoming(buyer.subscription)).toEqual([{ kind: "change", price_id: store.small.id }]);
  });

  it("to a longer interval is made at once, to a shorter one with the next period", async () => {
    const month = await subscribe(store.big.id);
    const longer = await previewed(month, store.yearly.id);
    expect(longer.preview.effective).toBe("now");
    await store.change({ user: month.user }, longer.wish);
    expect(await held(month.subscription)).toMatchObject({ price: store.yearly.id });
    expect(await store.charged(month.customer)).toEqual([longer.preview.amountDue, 3000]);
    const shorter = await previewed(month, store.small.id);
    expect(shorter.preview).toMatchObject({ effective: "period_end", next: { amount: 1500 } });
  });

  it("of the quantity goes the same ways", async () => {
    const buyer = await subscribe(store.small.id, 2);
    const more = await previewed(buyer, store.small.id, 5);
    expect(more.preview).toMatchObject({ effective: "now", next: { amount: 7500 } });
    await store.change({ user: buyer.user }, more.wish);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, quantity: 5 });
    const fewer = await previewed(buyer, store.small.id, 3);
    expect(fewer.preview).toMatchObject({ effective: "period_end", next: { amount: 4500 } });
    await store.change({ user: buyer.user }, fewer.wish);
    expect(await held(buyer.subscription)).toMatchObject({ quantity: 5 });
  });

  it("in a trial is made at once, costs nothing, and the trial goes on", async () => {
    const buyer = await store.subscribe({ items: [{ price: store.big.id }], trial_period_days: 7 });
    const { preview, wish } = await previewed(buyer, store.small.id);
    expect(preview).toMatchObject({ effective: "now", amountDue: 0, total: 0, lines: [], next: { amount: 1500 } });
    await store.change({ user: buyer.user }, wish);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, status: "trialing" });
    expect(await store.charged(buyer.customer)).toEqual([]);
  });

  it("that was previewed when something else was so is refused, with what it costs now", async () => {
    const buyer = await subscribe();
    const { wish } = await previewed(buyer, store.big.id);
    await stripe().customers.update(buyer.customer, { balance: -500 });
    const error = await store.change({ user: buyer.user }, wish).catch((refused) => refused);
    expect(error).toMatchObject(refusal("changed_meanwhile"));
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id });
    await store.change({ user: buyer.user }, { ...wish, token: error.details.preview.token });
    expect(await store.charged(buyer.customer)).toEqual([error.details.preview.amountDue, 1500]);
  });

  it("as of a moment that has not come, or is long over, is refused: near the period's end it would be for nothing", async () => {
    const buyer = await subscribe();
    const MINUTE = 60_000;
    for (const ahead of [20 * 24 * 60 * MINUTE, 2 * MINUTE]) {
      const { wish } = await inTime(ahead, () => previewed(buyer, store.big.id));
      await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("changed_meanwhile"));
    }
    const { wish } = await previewed(buyer, store.big.id);
    const late = inTime(31 * MINUTE, () => store.change({ user: buyer.user }, wish));
    await expect(late).rejects.toMatchObject(refusal("changed_meanwhile"));
    expect(await store.charged(buyer.customer)).toEqual([1500]);
    await inTime(29 * MINUTE, () => store.change({ user: buyer.user }, wish));
    expect(await held(buyer.subscription)).toMatchObject({ price: store.big.id });
  });
});

describe("cancel and resume", () => {
  it("a subscription ends with its period, and goes on again; what is so already is answered as it stands", async () => {
    const buyer = await subscribe();
    for (let press = 0; press < 2; press++) {
      expect((await store.cancel(buyer.user)).endsAt).not.toBeNull();
      expect(await mirrored(buyer.subscription)).toMatchObject({ cancel_at_period_end: true });
      expect(await held(buyer.subscription)).toMatchObject({ ends: true });
    }
    await expect(store.preview(buyer.user, { priceId: store.big.id })).rejects.toMatchObject(
      refusal("subscription_ending"),
    );
    for (let press = 0; press < 2; press++) {
      expect((await store.resume(buyer.user)).endsAt).toBeNull();
      expect(await held(buyer.subscription)).toMatchObject({ ends: false });
    }
  });

  it("an end that the portal set is taken back too; a day that was agreed is not, and is no end of what is charged until then", async () => {
    const buyer = await subscribe();
    const end = Number(buyer.subscription.items.data[0]?.current_period_end);
    await stripe().subscriptions.update(buyer.subscription.id, { cancel_at: end });
    expect((await store.resume(buyer.user)).endsAt).toBeNull();
    await stripe().subscriptions.update(buyer.subscription.id, { cancel_at: end + 86_400 });
    for (const act of [store.resume, store.cancel])
      await expect(act(buyer.user)).rejects.toMatchObject(refusal("subscription_ending"));
    // What cannot be resumed is not to be resumed first.
    await expect(previewed(buyer, store.small.id)).rejects.toThrow("ends on a day that was agreed");
    await stripe().subscriptions.update(buyer.subscription.id, { cancel_at: end - 86_400 });
    expect((await store.cancel(buyer.user)).endsAt).toBe(new Date((end - 86_400) * 1000).toISOString());
  });

  it("a scheduled downgrade is taken back, or ends with the subscription; while it waits no other is made", async () => {
    const buyer = await subscribe(store.big.id, 2);
    const { wish } = await previewed(buyer, store.small.id);
    await store.change({ user: buyer.user }, wish);
    expect(await store.change({ user: buyer.user }, wish)).toMatchObject({
      changesTo: { items: [{ priceId: store.small.id }] },
    });
    await expect(store.preview(buyer.user, { priceId: store.big.id, quantity: 3 })).rejects.toMatchObject(
      refusal("subscription_scheduled"),
    );
    expect((await store.resume(buyer.user)).changesTo).toBeNull();
    expect(await upcoming(buyer.subscription)).toEqual([]);
    await store.change({ user: buyer.user }, (await previewed(buyer, store.small.id)).wish);
    expect(await store.cancel(buyer.user)).toMatchObject({ changesTo: null, endsAt: expect.any(String) });
  });

  it("a schedule of somebody else's that is over stands in the way of nothing, one that binds longer does", async () => {
    const agreed = async (phase: Partial<Stripe.SubscriptionScheduleUpdateParams.Phase>) => {
      const buyer = await subscribe(store.big.id);
      const schedule = await stripe().subscriptionSchedules.create({ from_subscription: buyer.subscription.id });
      const [now] = schedule.phases;
      const items = [{ price: store.big.id, quantity: 1 }];
      const start_date = Number(now?.start_date);
      await stripe().subscriptionSchedules.update(schedule.id, { phases: [{ items, start_date, ...phase }] });
      return { buyer, end: Number(now?.end_date) };
    };
    const bound = await agreed({ duration: { interval: "year", interval_count: 1 } });
    for (const act of [store.cancel, () => previewed(bound.buyer, store.small.id)]) {
      await expect(act(bound.buyer.user)).rejects.toMatchObject(refusal("subscription_scheduled"));
    }
    const free = await agreed({ duration: { interval: "month", interval_count: 1 } });
    await store.change({ user: free.buyer.user }, (await previewed(free.buyer, store.big.id, 2)).wish);
    expect(await store.resume(free.buyer.user)).toMatchObject({ changesTo: null, endsAt: null });
    expect(await store.cancel(free.buyer.user)).toMatchObject({ endsAt: new Date(free.end * 1000).toISOString() });
  });

  it("what somebody else has scheduled is not the customer's to take back", async () => {
    const buyer = await subscribe(store.big.id);
    const schedule = await stripe().subscriptionSchedules.create({ from_subscription: buyer.subscription.id });
    const [now] = schedule.phases;
    await stripe().subscriptionSchedules.update(schedule.id, {
      phases: [
        {
          items: [{ price: store.big.id, quantity: 1 }],
          start_date: Number(now?.start_date),
          end_date: Number(now?.end_date),
        },
        { items: [{ price: store.small.id, quantity: 1 }], duration: { interval: "month" } },
      ],
    });
    for (const act of [store.cancel, store.resume]) {
      await expect(act(buyer.user)).rejects.toMatchObject(refusal("subscription_scheduled"));
    }
  });

  it("of what nothing is paid for the end is now", async () => {
    const buyer = await store.subscribe({ items: [{ price: store.small.id }], payment_behavior: "default_incomplete" });
    await store.cancel(buyer.user);
    expect((await held(buyer.subscription)).status).toMatch(/canceled|incomplete_expired/);
  });
});
