import { createRequire } from "node:module";
import { StripeSync } from "@supabase/stripe-sync-engine";
import pg from "pg";

// Its ES module does not find its own migrations (it asks for __dirname, and swallows the error); its CommonJS module does.
const { runMigrations } = createRequire(import.meta.url)("@supabase/stripe-sync-engine");

// As its README sets it up. Unless it is told to, it does not ask Stripe: it takes the events as they are.
export function createEngine(url, connections, webhookSecret, { stripeUrl, asksStripe = false, apiVersion } = {}) {
  const engine = new StripeSync({
    poolConfig: { connectionString: url, max: connections, idleTimeoutMillis: 0 },
    stripeSecretKey: "sk_test_never_used",
    stripeWebhookSecret: webhookSecret,
    stripeApiVersion: apiVersion,
    autoExpandLists: false,
    backfillRelatedEntities: false,
    revalidateObjectsViaStripeApi: asksStripe ? ["subscription", "invoice"] : [],
  });
  if (stripeUrl) aimAt(engine.stripe, new URL(stripeUrl));
  quieten(engine.postgresClient.pool);
  return engine;
}

export const migrate = (url) => runMigrations({ databaseUrl: url, schema: "stripe" });

export const createPool = (url) => quieten(new pg.Pool({ connectionString: url, max: 1 }));

/** Its client has no setting for another host. */
function aimAt(stripe, { protocol, hostname, port }) {
  stripe._setApiField("protocol", protocol.slice(0, -1));
  stripe._setApiField("host", hostname);
  stripe._setApiField("port", port);
}

/** An idle connection that the server ends, when the benchmark is interrupted, is no error. */
function quieten(pool) {
  return pool.on("error", () => {});
}
