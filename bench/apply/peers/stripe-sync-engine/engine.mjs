import { createRequire } from "node:module";
import { StripeSync } from "@supabase/stripe-sync-engine";
import pg from "pg";

// Its ES module does not find its own migrations (it asks for __dirname, and swallows the error); its CommonJS module does.
const { runMigrations } = createRequire(import.meta.url)("@supabase/stripe-sync-engine");

// As its README sets it up. No setting makes it ask Stripe: it takes the events as they are.
export function createEngine(url, connections, webhookSecret) {
  const engine = new StripeSync({
    poolConfig: { connectionString: url, max: connections },
    stripeSecretKey: "sk_test_never_used",
    stripeWebhookSecret: webhookSecret,
    autoExpandLists: false,
    backfillRelatedEntities: false,
  });
  quieten(engine.postgresClient.pool);
  return engine;
}

export const migrate = (url) => runMigrations({ databaseUrl: url, schema: "stripe" });

export const createPool = (url) => quieten(new pg.Pool({ connectionString: url, max: 1 }));

/** An idle connection that the server ends, when the benchmark is interrupted, is no error. */
function quieten(pool) {
  return pool.on("error", () => {});
}
