import { noteAnew } from "@turnpike/core/mirror";
import {
  type Caller,
  cancelSubscription,
  changePlan,
  previewChange,
  resumeSubscription,
} from "@turnpike/core/plan-change";
import { moveClock } from "@turnpike/stripe-emulator/testing";
import type Stripe from "stripe";
import { type LentStripe, lendStripe, lendSupabase } from "./index.ts";
import { createShop, type Shop } from "./shop.ts";

type User = Awaited<ReturnType<Shop["newUser"]>>;
type Billing = Shop["billing"];

export type PlanShop = Awaited<ReturnType<typeof openPlanShop>>;

/** A shop with three plans of one group: small, big, and big for a year. */
export async function openPlanShop() {
  const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  const shop = createShop(supabase, lent);
  const small = await shop.sell("monthly", { amount: 1500 });
  const big = await shop.sell("monthly", { amount: 3000 });
  const yearly = await shop.sell("monthly", { amount: 30_000, interval: "year", product: big.product });
  return { supabase, lent, shop, small, big, yearly, ...createSubscribers(shop, lent) };
}

interface Subscribed {
  card?: string | null;
  clock?: string;
  customer?: Partial<Stripe.CustomerCreateParams>;
}

/** Customers of users, and what they do with their subscriptions. */
function createSubscribers(shop: Shop, { stripe }: LentStripe) {
  return {
    /** A user with a subscription that only Stripe knows of. */
    async subscribe(params: Omit<Stripe.SubscriptionCreateParams, "customer">, options: Subscribed = {}) {
      const { card = "pm_card_visa", clock, customer = {} } = options;
      const user = await shop.newUser();
      const { id } = await stripe.customers.create({
        metadata: { user_id: user.id },
        email: user.email,
        ...(clock && { test_clock: clock }),
        ...(card && { payment_method: card, invoice_settings: { default_payment_method: card } }),
        ...customer,
      });
      await noteAnew(shop.billing, "customer", id);
      return { user, customer: id, subscription: await stripe.subscriptions.create({ customer: id, ...params }) };
    },

    /** Gives a customer another card. */
    async useCard(customer: string, card: string) {
      const { id } = await stripe.paymentMethods.attach(card, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    },

    preview: (user: User, wish: Parameters<typeof previewChange>[2], billing: Billing = shop.billing) =>
      previewChange(billing, { user }, wish),
    /** A preview, and what makes the change that it shows. */
    async previewed(user: User, priceId: string, quantity?: number) {
      const wish = { priceId, quantity };
      const preview = await previewChange(shop.billing, { user }, wish);
      return { preview, wish: { ...wish, token: preview.token } };
    },

    /** What Stripe holds of a subscription. */
    async held({ id }: Stripe.Subscription) {
      const { items, status, ...others } = await stripe.subscriptions.retrieve(id);
      const [item] = items.data;
      const { cancel_at_period_end: ends, pending_update: pending } = others;
      return { price: item?.price.id, quantity: item?.quantity, status, ends, pending: pending !== null };
    },

    change: (caller: Caller, wish: Parameters<typeof changePlan>[2], billing: Billing = shop.billing) =>
      changePlan(billing, caller, wish),
    cancel: (user: User, billing: Billing = shop.billing) => cancelSubscription(billing, { user }, {}),
    resume: (user: User, billing: Billing = shop.billing) => resumeSubscription(billing, { user }, {}),

    /** All that was charged of a customer, the last first. */
    async charged(customer: string) {
      const { data } = await stripe.charges.list({ customer, limit: 100 });
      return data.filter(({ paid }) => paid).map(({ amount }) => amount);
    },

    async openClock(start: number) {
      const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
      return { id, advance: (to: number) => moveClock(stripe, id, to) };
    },
  };
}
