import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { TIME_LIMITS } from "@turnpike/settings";
import { config } from "./config.ts";
import { secrets } from "./secrets.ts";

/** The two ends that Turnpike keeps equal, with the keys as they are now. For use within `withSecrets`. */
export const clients = createClients(TIME_LIMITS.background);

/** The same, for a route: somebody waits for the answer. */
export const clientsOfRoute = createClients(TIME_LIMITS.route);

type Limits = typeof TIME_LIMITS.route | typeof TIME_LIMITS.background;

function createClients(limits: Limits): { readonly stripe: StripeClient; readonly supabase: ServiceClient } {
  const stripe = keepLatest((secretKey) =>
    createStripe({ secretKey, apiBase: config.stripeApiBase, ...limits.stripe }),
  );
  const supabase = keepLatest((secretKey) =>
    createServiceClient({ url: config.supabaseUrl, secretKey, timeout: limits.supabase }),
  );
  return {
    get stripe() {
      return stripe(secrets.get("STRIPE_SECRET_KEY"));
    },
    get supabase() {
      return supabase(secrets.get("SUPABASE_SECRET_KEY"));
    },
  };
}

/** Keeps a client, with its connections, while its key is the same. */
function keepLatest<Client>(create: (key: string) => Client): (key: string) => Client {
  let latest: { key: string; client: Client } | undefined;
  return (key) => {
    if (latest?.key !== key) latest = { key, client: create(key) };
    return latest.client;
  };
}
