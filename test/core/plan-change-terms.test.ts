import { text } from "node:stream/consumers";
import type Stripe from "stripe";
import { beforeAll, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

const stripe = () => store.lent.stripe;
const behind = async (obstacle: Obstacle) => ({
  ...store.shop.billing,
  stripe: (await standBefore(store.lent, obstacle)).stripe,
});
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

it("and is taxed and discounted in both as it was", async () => {
  const buyer = await subscribe(store.big.id);
  const { wish } = await store.previewed(buyer.user, store.small.id);
  const asked: string[] = [];
  const taxed = await behind(async (request, response) => {
    if (request.method !== "POST" || !request.url?.startsWith("/v1/subscription_schedules")) return;
    const body = await text(request);
    if (request.url !== "/v1/subscription_schedules") {
      asked.push(decodeURIComponent(body));
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message: "Enough" } }));
      return;
    }
    const { authorization = "", "content-type": type = "" } = request.headers;
    const headers = { authorization, "content-type": type };
    const made = await fetch(store.lent.apiBase + request.url, { method: "POST", headers, body });
    const schedule = (await made.json()) as Stripe.SubscriptionSchedule;
    const phases = schedule.phases.map((phase) => ({
      ...phase,
      automatic_tax: { enabled: true },
      default_tax_rates: [{ id: "txr_all" }],
      items: phase.items.map((item) => ({
        ...item,
        tax_rates: [{ id: "txr_one" }],
        discounts: [{ coupon: null, discount: "di_one", promotion_code: null }],
      })),
    }));
    response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
    response.end(JSON.stringify({ ...schedule, phases }));
  });
  await expect(store.change({ user: buyer.user }, wish, taxed)).rejects.toThrow();
  for (const phase of ["phases[0]", "phases[1]"]) {
    for (const said of [
      "[automatic_tax][enabled]=true",
      "[default_tax_rates][0]=txr_all",
      "[items][0][tax_rates][0]=txr_one",
      "[items][0][discounts][0][discount]=di_one",
    ]) {
      expect(asked[0]).toContain(`${phase}${said}`);
    }
  }
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
