import { getNextPayment } from "@turnpike/core/plan-change";
import { beforeAll, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

type Buyer = Awaited<ReturnType<PlanShop["subscribe"]>>;
const nextOf = ({ user }: Pick<Buyer, "user">, wish = {}) => getNextPayment(store.shop.billing, { user }, wish);
const subscribe = (params: object = {}, options: object = {}) =>
  store.subscribe({ items: [{ price: store.big.id }], ...params }, options);
const endOf = ({ subscription }: Buyer) =>
  new Date(Number(subscription.items.data[0]?.current_period_end) * 1000).toISOString();
const stripe = () => store.lent.stripe;

it("what is paid next is what Stripe will charge: of all items, with discounts, and what waits", async () => {
  const { id: beside } = await store.shop.sell("monthly", { amount: 900 });
  const { id: coupon } = await stripe().coupons.create({ percent_off: 50, duration: "forever" });
  const items = [{ price: store.big.id }, { price: beside, quantity: 3 }];
  const buyer = await subscribe({ items, discounts: [{ coupon }] });
  expect(await nextOf(buyer)).toEqual({
    subscriptionId: buyer.subscription.id,
    currency: "usd",
    next: { amount: 2850, at: endOf(buyer) },
    byInvoice: false,
    paymentMethod: { type: "card", brand: "visa", last4: "4242", expires: expect.stringMatching(/^20\d\d-\d\d$/) },
    missingPaymentMethod: null,
  });
  await stripe().invoiceItems.create({ customer: buyer.customer, currency: "usd", amount: 1000, discountable: false });
  expect((await nextOf(buyer)).next?.amount).toBe(3850);
});

it("a change that is to come is counted, and what ends is paid no more", async () => {
  const buyer = await subscribe();
  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
  expect((await nextOf(buyer)).next).toEqual({ amount: 1500, at: endOf(buyer) });
  await store.resume(buyer.user);
  expect((await nextOf(buyer)).next?.amount).toBe(3000);
  await store.cancel(buyer.user);
  expect((await nextOf(buyer)).next).toBeNull();
});

it("what is paused is not paid, unless it goes on before then", async () => {
  const buyer = await subscribe();
  const pause = (resumes_at?: number) =>
    stripe().subscriptions.update(buyer.subscription.id, {
      pause_collection: { behavior: "void", ...(resumes_at && { resumes_at }) },
    });
  await pause();
  expect((await nextOf(buyer)).next).toBeNull();
  await pause(Number(buyer.subscription.items.data[0]?.current_period_end) - 86_400);
  expect((await nextOf(buyer)).next).toEqual({ amount: 3000, at: endOf(buyer) });
});

it("what somebody has agreed for a later period is not what is paid next", async () => {
  const buyer = await subscribe();
  const { id, phases } = await stripe().subscriptionSchedules.create({ from_subscription: buyer.subscription.id });
  const agreed = (interval_count: number) => {
    const duration = { interval: "month" as const, interval_count };
    const now = { items: [{ price: store.big.id }], start_date: Number(phases[0]?.start_date), duration };
    return stripe().subscriptionSchedules.update(id, { phases: [now, { items: [{ price: store.small.id }] }] });
  };
  await agreed(3);
  expect((await nextOf(buyer)).next).toEqual({ amount: 3000, at: endOf(buyer) });
  await agreed(1);
  expect((await nextOf(buyer)).next).toEqual({ amount: 1500, at: endOf(buyer) });
});

it("it is charged to the subscription's own card, else to its customer's; none is said to be none", async () => {
  const buyer = await subscribe();
  const { id } = await stripe().paymentMethods.attach("pm_card_mastercard", { customer: buyer.customer });
  await stripe().subscriptions.update(buyer.subscription.id, { default_payment_method: id });
  expect((await nextOf(buyer)).paymentMethod).toMatchObject({ brand: "mastercard", last4: "4444" });
  const bare = await subscribe({ trial_period_days: 14 }, { card: null });
  expect(await nextOf(bare)).toMatchObject({ next: { amount: 3000 }, paymentMethod: null });
});

it("a trial that ends for want of a card is not paid next, until there is one", async () => {
  const trial = (missing_payment_method: "cancel" | "pause" | "create_invoice", card?: null) =>
    subscribe(
      { trial_period_days: 14, trial_settings: { end_behavior: { missing_payment_method } } },
      card === null ? { card } : {},
    );
  for (const [behavior, missing] of [
    ["cancel", "cancel"],
    ["pause", "pause"],
  ] as const)
    expect(await nextOf(await trial(behavior, null))).toMatchObject({ next: null, missingPaymentMethod: missing });
  const charged = { next: { amount: 3000 }, missingPaymentMethod: null };
  expect(await nextOf(await trial("create_invoice", null))).toMatchObject(charged);
  expect(await nextOf(await trial("cancel"))).toMatchObject(charged);

  const bare = await trial("cancel", null);
  const card = await stripe().paymentMethods.attach("pm_card_visa", { customer: bare.customer });
  await stripe().subscriptions.update(bare.subscription.id, { default_payment_method: card.id });
  expect(await nextOf(bare)).toMatchObject(charged);

  const paused = await trial("pause", null);
  await stripe().subscriptions.update(paused.subscription.id, { trial_end: "now" });
  expect((await stripe().subscriptions.retrieve(paused.subscription.id)).status).toBe("paused");
  expect(await nextOf(paused)).toMatchObject({ next: null, missingPaymentMethod: null });
});

it("whoever is sent invoices is charged by nothing that they have put in", async () => {
  const buyer = await subscribe({ collection_method: "send_invoice", days_until_due: 7 });
  expect(await nextOf(buyer)).toMatchObject({ next: { amount: 3000 }, byInvoice: true, paymentMethod: null });
});

it("of parts that are paid monthly and yearly, the one that comes first is told, with its day", async () => {
  const monthly = await store.shop.sell("monthly", { amount: 700, group: "beside" });
  const buyer = await subscribe({ items: [{ price: store.yearly.id }, { price: monthly.id }] });
  const [yearly, beside] = buyer.subscription.items.data.map((item) => item.current_period_end);
  expect(beside).toBeLessThan(Number(yearly));
  expect((await nextOf(buyer)).next).toEqual({ amount: 700, at: new Date(Number(beside) * 1000).toISOString() });
});

it("a change that is to come is paid with what it brings along, whatever card was given since", async () => {
  const buyer = await subscribe();
  const attach = (card: string) => stripe().paymentMethods.attach(card, { customer: buyer.customer });
  const pay = async (card: string) =>
    stripe().subscriptions.update(buyer.subscription.id, { default_payment_method: (await attach(card)).id });
  await pay("pm_card_visa");
  await store.change({ user: buyer.user }, (await store.previewed(buyer.user, store.small.id)).wish);
  await pay("pm_card_mastercard");
  expect((await nextOf(buyer)).paymentMethod).toMatchObject({ brand: "visa" });
  await store.resume(buyer.user);
  expect((await nextOf(buyer)).paymentMethod).toMatchObject({ brand: "mastercard" });
});

it("it is told to nobody else", async () => {
  const buyer = await subscribe();
  const stranger = { user: await store.shop.newUser() };
  await expect(nextOf(stranger, { subscriptionId: buyer.subscription.id })).rejects.toThrow();
  const other = await subscribe();
  await expect(nextOf(other, { subscriptionId: buyer.subscription.id })).rejects.toMatchObject({ code: "not_found" });
});
