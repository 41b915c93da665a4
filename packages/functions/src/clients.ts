import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { config } from "./config.ts";
import { secrets } from "./secrets.ts";

const stripe = keepLatest((secretKey) => createStripe({ secretKey, apiBase: config.stripeApiBase }));
const supabase = keepLatest((secretKey) => createServiceClient({ url: config.supabaseUrl, secretKey }));

/** The two ends that Turnpike keeps equal, with the keys as they are now. For use within `withSecrets`. */
export const clients = {
  get stripe(): StripeClient {
    return stripe(secrets.get("STRIPE_SECRET_KEY"));
  },
  get supabase() {
    return supabase(secrets.get("SUPABASE_SECRET_KEY"));
  },
};

/** Keeps a client, with its connections, while its key is the same. */
function keepLatest<Client>(create: (key: string) => Client): (key: string) => Client {
  let latest: { key: string; client: Client } | undefined;
  return (key) => {
    if (latest?.key !== key) latest = { key, client: create(key) };
    return latest.client;
  };
}
