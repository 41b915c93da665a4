import { beforeEach } from "vitest";
import { lendStripe, lendSupabase } from "./index.ts";
import { createPast } from "./past.ts";
import { createReading } from "./reading.ts";
import { createRelay } from "./relay.ts";
import { createShop } from "./shop.ts";

export type Account = Awaited<ReturnType<typeof lendAccount>>;

interface Subscriber {
  price: string;
  email?: string;
  metadata?: Record<string, string>;
  subscriptions?: number;
  test_clock?: string;
}

/** An account at Stripe and a mirror beside it, both empty, and whoever sells, reads and tells there. */
export async function lendAccount() {
  const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  const { stripe } = lent;
  const [shop, past] = [createShop(supabase, lent), createPast(lent)];
  return {
    supabase,
    lent,
    stripe,
    shop,
    past,
    reading: createReading(supabase, lent),
    relay: createRelay(supabase, lent, shop),

    /** Somebody with a card who subscribes and pays at Stripe; the mirror is told nothing. */
    async addSubscriber({ price, subscriptions = 1, ...params }: Subscriber) {
      const { id: customer } = await stripe.customers.create({
        payment_method: "pm_card_visa",
        invoice_settings: { default_payment_method: "pm_card_visa" },
        ...params,
      });
      const ids: string[] = [];
      for (let n = 0; n < subscriptions; n++) {
        ids.push((await stripe.subscriptions.create({ customer, items: [{ price }] })).id);
      }
      return { customer, subscription: ids[0] ?? "" };
    },

    /** So many customers of whom there is nothing else, over the years. */
    async addOldCustomers(count: number, metadata: Record<string, string> = {}): Promise<void> {
      const { id } = await stripe.customers.create({ metadata });
      await past.multiply(id, count - 1);
      await past.growOld();
    },

    hasAccess: async (user_id: string) => (await supabase.client.rpc("user_has_active_subscription", { user_id })).data,

    /** As if the mirror had last been written an hour ago: what is read now is newer for certain. */
    async letTimePass(): Promise<void> {
      await supabase.query(`
        do $$
        declare
          place text;
        begin
          for place in select target from billing.mirrored loop
            execute format('update %s set as_of = as_of - interval ''1 hour'' where as_of > ''-infinity''', place);
          end loop;
          update billing.stripe_events set recorded_at = recorded_at - interval '1 hour';
          update auth.users set created_at = created_at - interval '1 day';
        end $$`);
    },
  };
}

/** For each test of a file an account and a mirror of its own. */
export function eachWithAccount(): Account {
  const account = {} as Account;
  beforeEach(async () => {
    Object.assign(account, await lendAccount());
  });
  return account;
}
