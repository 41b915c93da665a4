import type { StripeClient } from "@turnpike/core/stripe";
import { dataOf, type ServiceClient } from "@turnpike/core/supabase";

/** Makes the mirror one of this client's account, without asking Stripe which that is: for tests in which nothing listens there. */
export async function mirrorAccountOf({ keyHash, livemode }: StripeClient, supabase: ServiceClient): Promise<void> {
  dataOf(await supabase.rpc("introduce_stripe_key", { key_hash: keyHash, account_id: "acct_test", livemode }));
}
