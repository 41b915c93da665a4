import { openCheckout } from "@turnpike/core/checkout";
import { openPortal } from "@turnpike/core/portal";
import type { CreatePortal, PortalFlow } from "@turnpike/core/portal/schema";
import type Stripe from "stripe";
import { type LentStripe, lendStripe, lendSupabase } from "./index.ts";
import { SITE } from "./lambda.ts";
import { createShop, type Shop } from "./shop.ts";

type User = Awaited<ReturnType<Shop["newUser"]>>;
type Features = Stripe.BillingPortal.ConfigurationUpdateParams.Features;
type Sold = { id: string; product: string };

/** The flows that need nothing but a subscription. */
export const CANCEL = { type: "subscription_cancel" } as const;
export const UPDATE = { type: "subscription_update" } as const;
export const CARD = { type: "payment_method_update" } as const;

export type PortalShop = Awaited<ReturnType<typeof openPortalShop>>;

/** A shop with two plans, between which customers can change in the portal. */
export async function openPortalShop() {
  const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  const shop = createShop(supabase, lent);
  const portal = createPortal(shop, lent);
  const [starter, pro] = [await shop.sell("monthly"), await shop.sell("monthly")];
  await portal.setUp({ subscription_update: portal.switching([starter, pro]) });
  return { supabase, lent, shop, portal, starter, pro };
}

/** What an operator sets up, and what a subscriber does, about Stripe's portal. */
function createPortal(shop: Shop, { stripe, asked }: LentStripe) {
  const open = (user: User, flow: PortalFlow | undefined, wish: Partial<CreatePortal> = {}, billing = shop.billing) =>
    openPortal(billing, user, { returnUrl: `${SITE}/account`, flow, ...wish });

  return {
    open,

    /** What Stripe was asked for last. */
    asked: async () => (await asked("POST /v1/billing_portal/sessions")).at(-1)?.params,

    async setUp(features: Features) {
      const [found] = (await stripe.billingPortal.configurations.list({ is_default: true })).data;
      await stripe.billingPortal.configurations.update(found?.id ?? "", { features });
    },

    switching: (prices: Sold[]) => ({
      enabled: true,
      default_allowed_updates: ["price" as const],
      products: prices.map(({ id, product }) => ({ product, prices: [id] })),
    }),

    /** Buys, and is seen by the mirror as Stripe shows it then; no event comes. */
    async subscribe(user: User, price: string): Promise<Stripe.Subscription> {
      await shop.pay(await openCheckout(shop.billing, user, shop.purchase(price)));
      await open(user, undefined, {});
      const [customer] = (await stripe.customers.list({ email: user.email })).data;
      const [held] = (await stripe.subscriptions.list({ customer: customer?.id ?? "" })).data;
      if (!held) throw new Error("nothing was bought");
      return held;
    },
  };
}
