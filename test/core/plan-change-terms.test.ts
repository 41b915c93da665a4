import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { applyEvents } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";
import { type Obstacle, refuseForNow, standBefore, standBeforeSupabase } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";

let store: PlanShop;
let relay: ReturnType<typeof createRelay>;
beforeAll(async () => {
  store = await openPlanShop();
  relay = createRelay(store.supabase, store.lent, store.shop);
});

const stripe = () => store.lent.stripe;
const behind = async (obstacle: Obstacle) => ({
  ...store.shop.billing,
  stripe: (await standBefore(store.lent, obstacle)).stripe,
});
/** A subscription's events, the last first, and some again. */
async function hear(id: string) {
  const { data } = await stripe().events.list({ type: "customer.subscription.updated", limit: 100 });
  const own = data.filter(({ data: { object } }) => (object as Stripe.Subscription).id === id);
  for (const event of [...own, ...own.slice(0, 2)]) await applyEvents(store.shop.billing, [event]);
}
const subscribe = (price: string, quantity = 1, params = {}) =>
  store.subscribe({ items: [{ price, quantity }], ...params });

it("a subscription that changes with the next period is paid by its own card until then, and after", async () => {
  const buyer = await subscribe(store.big.id);
  const { id } = await stripe().paymentMethods.attach("pm_card_mastercard", { customer: buyer.customer });
  await stripe().subscriptions.update(buyer.subscription.id, { default_payment_method: id, description: "Team" });
  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
  const [schedule] = (await stripe().subscriptionSchedules.list({ customer: buyer.customer })).data;
  expect(schedule?.phases).toMatchObject([
    { default_payment_method: id, description: "Team" },
    { default_payment_method: id, description: "Team" },
  ]);
});

it("and is taxed in both with its tax rates, and with those that it is given later", async () => {
  const { id: clock, advance } = await store.openClock(Math.floor(Date.now() / 1000));
  const rate = async (percentage: number, inclusive: boolean) =>
    (await stripe().taxRates.create({ display_name: "Tax", percentage, inclusive })).id;
  const [state, city, vat] = [await rate(6, false), await rate(2, false), await rate(20, true)];
  const items = [{ price: store.big.id, quantity: 1 }];
  const buyer = await store.subscribe({ items, default_tax_rates: [state] }, { clock });
  const { id } = buyer.subscription;
  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
  const toPeriod = async () =>
    advance(Number((await stripe().subscriptions.retrieve(id)).items.data[0]?.current_period_end) + 7200);
  const ratesOf = async () => {
    const { default_tax_rates: rates, items: now } = await stripe().subscriptions.retrieve(id);
    return [rates, now.data[0]?.tax_rates].map((each) => (each ?? []).map((one) => one.id));
  };
  await toPeriod();
  expect(await ratesOf()).toEqual([[state], []]);

  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.big.id)).wish);
  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
  const [item] = (await stripe().subscriptions.retrieve(id)).items.data;
  await stripe().subscriptions.update(id, {
    default_tax_rates: [state, city],
    items: [{ id: item?.id ?? "", tax_rates: [vat] }],
  });
  await hear(id);
  await relay.run();
  await toPeriod();
  expect(await store.held(buyer.subscription)).toMatchObject({ price: store.small.id });
  expect(await ratesOf()).toEqual([[state, city], [vat]]);
  expect((await store.charged(buyer.customer)).at(0)).toBe(1500);
});

it("and is discounted in both as it is", async () => {
  const buyer = await subscribe(store.big.id);
  const { wish } = await store.previewed(buyer.user, store.small.id);
  const asked: string[] = [];
  const taxed = await behind(async (request, response) => {
    const json = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json", date: new Date().toUTCString() });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET" && request.url?.startsWith("/v1/subscriptions?")) {
      const { id } = buyer.subscription;
      const subscription = await stripe().subscriptions.retrieve(id);
      const [item] = subscription.items.data;
      const data = [{ ...item, discounts: ["di_one"] }];
      const terms = { automatic_tax: { enabled: true } };
      const shown = { ...subscription, ...terms, items: { ...subscription.items, data } };
      json(200, { object: "list", url: request.url, has_more: false, data: [shown] });
    }
    if (request.method === "POST" && request.url?.startsWith("/v1/subscription_schedules/")) {
      asked.push(decodeURIComponent(await text(request)));
      json(400, { error: { type: "invalid_request_error", message: "Enough" } });
    }
  });
  await expect(store.change({ user: buyer.user }, wish, taxed)).rejects.toThrow();
  for (const phase of ["phases[0]", "phases[1]"]) {
    for (const said of ["[automatic_tax][enabled]=true", "[items][0][discounts][0][discount]=di_one"])
      expect(asked[0]).toContain(`${phase}${said}`);
  }
});

describe("what a subscription is given when a downgrade is scheduled already", () => {
  /** A subscription to the big plan, on a clock, that is to be the small one with the next period. */
  async function downgraded() {
    const start = Math.floor(Date.now() / 1000);
    const clock = await store.openClock(start);
    const customer = { address: { country: "DE" } };
    const items = [{ price: store.big.id, quantity: 1 }];
    const buyer = await store.subscribe({ items }, { clock: clock.id, customer });
    await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
    const end = Number(buyer.subscription.items.data[0]?.current_period_end);
    return { ...buyer, id: buyer.subscription.id, toNextPeriod: () => clock.advance(end + 7200) };
  }

  /** Another card, a discount and automatic tax. @returns the card */
  async function giveTerms({ id, customer }: { id: string; customer: string }) {
    const { id: card } = await stripe().paymentMethods.attach("pm_card_mastercard", { customer });
    const { id: coupon } = await stripe().coupons.create({ percent_off: 50, duration: "forever" });
    await stripe().subscriptions.update(id, { default_payment_method: card });
    await stripe().subscriptions.update(id, { discounts: [{ coupon }], automatic_tax: { enabled: true } });
    return card;
  }

  const termsOf = async (id: string) => {
    const { default_payment_method: card, automatic_tax, discounts } = await stripe().subscriptions.retrieve(id);
    return { card, taxed: automatic_tax.enabled, discounts: discounts.length };
  };
  /** Of the notices of one, whether each is done; once, where all are as one. */
  const doneOf = async (id: string) => {
    const own = (await relay.notices("terms_changed")).filter(({ object_id }) => object_id === id);
    return [...new Set(own.map(({ done }) => done))];
  };

  it("is what the next period is paid by, taxed and discounted with, heard in any order and by two relays", async () => {
    const buyer = await downgraded();
    await hear(buyer.id);
    expect(await doneOf(buyer.id)).toEqual([]);
    const card = await giveTerms(buyer);
    await hear(buyer.id);
    await Promise.all([relay.run(), relay.run()]);
    expect(await doneOf(buyer.id)).toEqual([true]);
    await buyer.toNextPeriod();
    expect(await store.held(buyer.subscription)).toMatchObject({ price: store.small.id, status: "active" });
    expect(await termsOf(buyer.id)).toEqual({ card, taxed: true, discounts: 1 });
    const [{ amount, payment_method } = {}] = (await stripe().charges.list({ customer: buyer.customer })).data;
    expect([amount, payment_method]).toEqual([Math.round(750 * 1.19), card]);
  });

  it("and what is taken from it is not the next period's", async () => {
    const buyer = await downgraded();
    await giveTerms(buyer);
    await hear(buyer.id);
    await relay.run();
    const none = { default_payment_method: "", discounts: [], automatic_tax: { enabled: false } };
    await stripe().subscriptions.deleteDiscount(buyer.id);
    await stripe().subscriptions.update(buyer.id, none as Stripe.SubscriptionUpdateParams);
    await hear(buyer.id);
    await relay.run();
    await buyer.toNextPeriod();
    expect(await termsOf(buyer.id)).toEqual({ card: null, taxed: false, discounts: 0 });
    expect((await store.charged(buyer.customer))[0]).toBe(1500);
  });

  it("reaches it later where Stripe does not take it at once", async () => {
    const buyer = await downgraded();
    const card = await giveTerms(buyer);
    await hear(buyer.id);
    const busy = await behind(({ method, url }, response) => {
      if (method === "POST" && url?.startsWith("/v1/subscription_schedules/")) refuseForNow(response);
    });
    await relay.run(busy);
    expect(await doneOf(buyer.id)).toEqual([false]);
    await relay.wait("1 hour");
    await relay.run();
    await buyer.toNextPeriod();
    expect(await termsOf(buyer.id)).toEqual({ card, taxed: true, discounts: 1 });
  });

  it("reaches it though the process died when it had written it, or just before", { timeout: 120_000 }, async () => {
    const [before, after] = [await downgraded(), await downgraded()];
    const cards = [await giveTerms(before), await giveTerms(after)];
    for (const { id } of [before, after]) await hear(id);
    const { schedule: first } = await stripe().subscriptions.retrieve(before.id);
    const { schedule: second } = await stripe().subscriptions.retrieve(after.id);
    // A process that is gone hears no answer, and says to nobody how it went.
    const { supabase } = await standBeforeSupabase(store.supabase, ({ url }, response) => {
      if (/settle_notices|end_sale/.test(`${url}`)) response.destroy();
    });
    const dying = await behind(({ method, url }, response) => {
      if (method === "POST" && url?.endsWith(`${first}`)) response.destroy();
    });
    await relay.run({ ...dying, supabase }).catch(() => undefined);
    const paidBy = async (schedule: unknown) =>
      (await stripe().subscriptionSchedules.retrieve(`${schedule}`)).phases[1]?.default_payment_method ?? null;
    expect([await paidBy(first), await paidBy(second)]).toEqual([null, cards[1]]);
    for (const { id } of [before, after]) expect(await doneOf(id)).toEqual([false]);
    await relay.wait("2 minutes");
    await store.supabase.query("delete from billing.sales_in_progress"); // each lease has run out by then
    await relay.run();
    for (const [place, buyer] of [before, after].entries()) {
      expect(await doneOf(buyer.id)).toEqual([true]);
      await buyer.toNextPeriod();
      expect(await termsOf(buyer.id)).toEqual({ card: cards[place], taxed: true, discounts: 1 });
      expect((await store.charged(buyer.customer)).slice(0, -1)).toEqual([Math.round(750 * 1.19)]);
    }
  });

  it("does not bring back what is taken back at that moment, by a route or elsewhere", async () => {
    const [one, other] = [await downgraded(), await downgraded()];
    for (const buyer of [one, other]) {
      await giveTerms(buyer);
      await hear(buyer.id);
    }
    const { schedule } = await stripe().subscriptions.retrieve(other.id);
    let resumed: Promise<unknown> | undefined;
    let waited: boolean | undefined;
    const meanwhile = await behind(async ({ method, url }) => {
      if (method !== "POST" || !url?.startsWith("/v1/subscription_schedules/")) return;
      if (url.endsWith(String(schedule)))
        await stripe()
          .subscriptionSchedules.release(String(schedule))
          .catch(() => 0);
      else {
        resumed ??= store.resume(one.user);
        waited ??= await Promise.race([resumed.then(() => false), sleep(1500, true)]);
      }
    });
    await relay.run(meanwhile);
    await resumed;
    expect(waited).toBe(true);
    await relay.wait("1 hour");
    await relay.run();
    for (const { id } of [one, other]) {
      expect(await doneOf(id)).toEqual([true]);
      expect((await stripe().subscriptions.retrieve(id)).schedule).toBeNull();
    }
  });

  it("leaves a schedule of somebody else's as it is", async () => {
    const buyer = await subscribe(store.big.id, 1, {});
    await stripe().customers.update(buyer.customer, { address: { country: "DE" } });
    const { id: own, phases } = await stripe().subscriptionSchedules.create({
      from_subscription: buyer.subscription.id,
    });
    const items = [{ price: store.small.id, quantity: 1 }];
    const [{ start_date, end_date } = { start_date: 0, end_date: 0 }] = phases;
    const now = { items: [{ price: store.big.id, quantity: 1 }], start_date, end_date };
    await stripe().subscriptionSchedules.update(own, { phases: [now, { items }] });
    const before = (await stripe().subscriptionSchedules.retrieve(own)).phases;
    await giveTerms({ id: buyer.subscription.id, customer: buyer.customer });
    await hear(buyer.subscription.id);
    await relay.run();
    expect(await doneOf(buyer.subscription.id)).toEqual([true]);
    expect((await stripe().subscriptionSchedules.retrieve(own)).phases).toEqual(before);
  });
});

it("what is sold by the dozen is compared by dozens", async () => {
  const buyer = await subscribe(store.small.id, 10);
  const packed = await behind(async ({ url }, response) => {
    if (!url?.startsWith(`/v1/prices/${store.big.id}?`)) return;
    const price = await stripe().prices.retrieve(store.big.id);
    response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
    response.end(JSON.stringify({ ...price, transform_quantity: { divide_by: 10, round: "up" } }));
  });
  const of = async (quantity: number) =>
    (await store.preview(buyer.user, { priceId: store.big.id, quantity }, packed)).effective;
  expect([await of(10), await of(50), await of(51)]).toEqual(["period_end", "now", "now"]);
});

it("with an end, what waits for its payment is given up; and an end is taken back with it", async () => {
  for (const act of [store.cancel, store.resume]) {
    const buyer = await subscribe(store.small.id);
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    const { wish } = await store.previewed(buyer.user, store.big.id);
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject({
      code: "payment_confirmation_required",
    });
    await stripe().subscriptions.update(buyer.subscription.id, { cancel_at_period_end: true });
    await act(buyer.user);
    expect(await store.held(buyer.subscription)).toMatchObject({ ends: act === store.cancel, pending: false });
    expect((await stripe().invoices.list({ customer: buyer.customer, status: "open" })).data).toEqual([]);
  }
});

it("what Stripe has ended meanwhile is over", async () => {
  const buyer = await subscribe(store.small.id, 1, { payment_behavior: "default_incomplete" });
  const late = await behind(async ({ method }) => {
    if (method === "DELETE") await stripe().subscriptions.cancel(buyer.subscription.id);
  });
  await expect(store.cancel(buyer.user, late)).rejects.toMatchObject({ code: "subscription_over" });
});

it("a schedule of somebody else's that ended early brings no change before what is paid for is over", async () => {
  const buyer = await subscribe(store.big.id);
  const end = Number(buyer.subscription.items.data[0]?.current_period_end);
  const schedule = await stripe().subscriptionSchedules.create({ from_subscription: buyer.subscription.id });
  const start_date = Number(schedule.phases[0]?.start_date);
  const items = [{ price: store.big.id, quantity: 1 }];
  await stripe().subscriptionSchedules.update(schedule.id, {
    phases: [{ items, start_date, end_date: end - 10 * 86_400 }],
  });
  const { preview, wish } = await store.previewed(buyer.user, store.small.id);
  const { changesTo } = await store.change({ user: buyer.user }, wish);
  expect(changesTo?.at).toBe(preview.effectiveAt);
});

it("at the end of a trial nothing is changed for free: Stripe could hear of it when the trial is over", async () => {
  const start = Math.floor(Date.now() / 1000);
  const clock = await store.openClock(start);
  const trial = { trial_end: start + 86_400 };
  const buyer = await store.subscribe({ items: [{ price: store.small.id }], ...trial }, { clock: clock.id });
  await clock.advance(trial.trial_end - 59);
  const last = await store.previewed(buyer.user, store.big.id);
  await expect(store.change({ user: buyer.user }, last.wish)).rejects.toMatchObject({
    code: "subscription_not_changeable",
  });
  await clock.advance(trial.trial_end + 10);
  const paid = await store.previewed(buyer.user, store.big.id);
  await store.change({ user: buyer.user }, paid.wish);
  expect(paid.preview.amountDue).toBeGreaterThan(0);
});

it("what costs something else when another change is given up for it is shown again, and not made", async () => {
  const buyer = await subscribe(store.small.id);
  await store.useCard(buyer.customer, "pm_card_authenticationRequired");
  const first = await store.previewed(buyer.user, store.big.id);
  await expect(store.change({ user: buyer.user }, first.wish)).rejects.toMatchObject({ details: {} });
  await store.useCard(buyer.customer, "pm_card_visa");
  const { wish } = await store.previewed(buyer.user, store.small.id, 4);
  const credited = await behind(async ({ url }) => {
    if (url?.endsWith("/void")) await stripe().customers.update(buyer.customer, { balance: -500 });
  });
  const refused = await store.change({ user: buyer.user }, wish, credited).catch((error) => error);
  expect(refused).toMatchObject({ code: "changed_meanwhile" });
  expect(await store.held(buyer.subscription)).toMatchObject({ price: store.small.id, quantity: 1, pending: false });
  await store.change({ user: buyer.user }, { ...wish, token: refused.details.preview.token });
  expect(await store.charged(buyer.customer)).toEqual([refused.details.preview.amountDue, 1500]);
});

it("however much waits at the customer keeps nobody from a change, and comes with the next period", async () => {
  const buyer = await subscribe(store.big.id);
  for (let n = 0; n < 12; n++)
    await stripe().invoiceItems.create({ customer: buyer.customer, amount: 100, currency: "usd" });
  const nextOf = async (price: { id: string }, quantity?: number) =>
    (await store.previewed(buyer.user, price.id, quantity)).preview.next.amount;
  expect(await nextOf(store.big, 2)).toBe(6000 + 1200);
  expect(await nextOf(store.small)).toBe(1500 + 1200);
});

it.each([5000, -300])("what waits for the next invoice (%i) is not put on one that may be voided", async (amount) => {
  const buyer = await subscribe(store.small.id);
  const { id: subscription } = buyer.subscription;
  await stripe().invoiceItems.create({ customer: buyer.customer, subscription, amount, currency: "usd" });
  await expect(store.previewed(buyer.user, store.big.id)).rejects.toMatchObject({
    code: "subscription_not_changeable",
  });
  const { data } = await stripe().invoiceItems.list({ customer: buyer.customer, pending: true });
  expect(data.map((item) => item.amount)).toEqual([amount]);
});

it.each([500, -500])("what waits at the customer for any invoice is counted to the next one: %d", async (amount) => {
  const buyer = await subscribe(store.small.id);
  await stripe().invoiceItems.create({ customer: buyer.customer, currency: "usd", amount });
  const { preview } = await store.previewed(buyer.user, store.big.id);
  expect(preview.next.amount).toBe(3000 + amount);
});

it("nobody is promised what cannot be charged at once, now or with the next period", async () => {
  const buyer = await subscribe(store.small.id);
  const most = Math.floor(99_999_999 / 3000);
  expect((await store.previewed(buyer.user, store.big.id, most)).preview.next.amount).toBe(most * 3000);
  await expect(store.previewed(buyer.user, store.big.id, most + 1)).rejects.toMatchObject({ code: "amount_too_large" });
});
