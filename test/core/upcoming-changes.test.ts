import { noteAnew } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeAll, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const MONTH = { interval: "month", interval_count: 1 } as const;
const at = (seconds: number | null | undefined) => new Date(Number(seconds) * 1000).toISOString();

async function subscribe(params: Partial<Stripe.SubscriptionCreateParams> = {}, card = "pm_card_visa") {
  const { id: customer } = await lent.stripe.customers.create({});
  const { id: method } = await lent.stripe.paymentMethods.attach(card, { customer });
  await lent.stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
  const { id: price } = await shop.sell("monthly");
  return lent.stripe.subscriptions.create({ customer, items: [{ price }], ...params });
}

/** What the mirror says will become of it, once it shows what Stripe holds. */
async function upcoming({ id }: { id: string }) {
  const { schedule } = await noteAnew(shop.billing, "subscription", id);
  if (schedule) await noteAnew(shop.billing, "subscription_schedule", `${schedule}`);
  const { data } = await supabase.client
    .from("upcoming_changes")
    .select("kind, at, price_id, quantity")
    .eq("subscription_id", id)
    .order("at");
  return (data ?? []).map(({ at: when, ...change }) => ({ ...change, at: new Date(`${when}`).toISOString() }));
}

async function planToChange(
  subscription: Stripe.Subscription,
  ...phases: Stripe.SubscriptionScheduleUpdateParams.Phase[]
) {
  const schedule = await lent.stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const [now] = schedule.phases;
  const items = subscription.items.data.map(({ price, quantity = 1 }) => ({ price: price.id, quantity }));
  await lent.stripe.subscriptionSchedules.update(schedule.id, {
    phases: [{ items, start_date: Number(now?.start_date), end_date: Number(now?.end_date) }, ...phases],
  });
  return at(now?.end_date);
}

it("nothing is to come of a subscription that goes on", async () => {
  expect(await upcoming(await subscribe())).toEqual([]);
});

it("a downgrade that a schedule holds is shown with its price, its quantity and its day", async () => {
  const [subscription, { id: smaller }] = [await subscribe(), await shop.sell("monthly")];
  const day = await planToChange(subscription, { items: [{ price: smaller, quantity: 3 }], duration: MONTH });
  expect(await upcoming(subscription)).toEqual([{ kind: "change", at: day, price_id: smaller, quantity: 3 }]);
});

it("a basket whose add-on comes first is shown with the price of its plan", async () => {
  const [plan, smaller] = [await shop.sell("monthly"), await shop.sell("monthly")];
  const addOn = await shop.sell("monthly", { group: "storage" });
  const items = [{ price: addOn.id, quantity: 7 }, { price: plan.id }];
  const subscription = await subscribe({ items });
  const next = [
    { price: addOn.id, quantity: 7 },
    { price: smaller.id, quantity: 2 },
  ];
  const day = await planToChange(subscription, { items: next, duration: MONTH });
  expect(await upcoming(subscription)).toEqual([{ kind: "change", at: day, price_id: smaller.id, quantity: 2 }]);
  const others = await subscribe({ items: [{ price: addOn.id }] });
  const then = await planToChange(others, { items: [{ price: addOn.id, quantity: 3 }], duration: MONTH });
  expect(await upcoming(others)).toEqual([{ kind: "change", at: then, price_id: addOn.id, quantity: 3 }]);
});

it("a phase in which the same is paid for is no change, the one after it may be", async () => {
  const [steady, changing, { id: smaller }] = [await subscribe(), await subscribe(), await shop.sell("monthly")];
  const same = ({ items }: Stripe.Subscription) => ({
    items: items.data.map(({ price }) => ({ price: price.id, quantity: 1 })),
    duration: MONTH,
  });
  await planToChange(steady, same(steady));
  expect(await upcoming(steady)).toEqual([]);
  await planToChange(changing, same(changing), { items: [{ price: smaller, quantity: 1 }], duration: MONTH });
  const { schedule } = await lent.stripe.subscriptions.retrieve(changing.id, { expand: ["schedule"] });
  const { end_date } = (schedule as Stripe.SubscriptionSchedule).phases[1] ?? {};
  expect(await upcoming(changing)).toEqual([{ kind: "change", at: at(end_date), price_id: smaller, quantity: 1 }]);
});

it("what is released, or takes another way, is not to come any more", async () => {
  const [subscription, { id: smaller }] = [await subscribe(), await shop.sell("monthly")];
  await planToChange(subscription, { items: [{ price: smaller, quantity: 1 }], duration: MONTH });
  const { schedule } = await lent.stripe.subscriptions.retrieve(subscription.id);
  await upcoming(subscription);
  await lent.stripe.subscriptionSchedules.release(`${schedule}`);
  await noteAnew(shop.billing, "subscription_schedule", `${schedule}`);
  expect(await upcoming(subscription)).toEqual([]);
});

it("an upgrade that waits for its payment is shown, and until when that may come", async () => {
  const subscription = await subscribe();
  const { id: larger } = await shop.sell("monthly");
  const { id: declined } = await lent.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", {
    customer: `${subscription.customer}`,
  });
  const [item] = subscription.items.data;
  const { pending_update: pending } = await lent.stripe.subscriptions
    .update(subscription.id, {
      default_payment_method: declined,
    })
    .then(() =>
      lent.stripe.subscriptions.update(subscription.id, {
        items: [{ id: `${item?.id}`, price: larger, quantity: 4 }],
        payment_behavior: "pending_if_incomplete",
        proration_behavior: "always_invoice",
      }),
    );
  expect(await upcoming(subscription)).toEqual([
    { kind: "change_when_paid", at: at(pending?.expires_at), price_id: larger, quantity: 4 },
  ]);
});

it("a trial's end, and an end that was asked for, each have their day", async () => {
  const trial = await subscribe({ trial_period_days: 14 });
  expect(await upcoming(trial)).toEqual([
    { kind: "trial_end", at: at(trial.trial_end), price_id: null, quantity: null },
  ]);
  const paid = await subscribe();
  await lent.stripe.subscriptions.update(paid.id, { cancel_at_period_end: true });
  const end = at(paid.items.data[0]?.current_period_end);
  expect(await upcoming(paid)).toEqual([{ kind: "end", at: end, price_id: null, quantity: null }]);
  await lent.stripe.subscriptions.cancel(paid.id);
  expect(await upcoming(paid)).toEqual([]);
});
