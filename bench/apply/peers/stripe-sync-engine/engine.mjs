import { createRequire } from "node:module";
import { StripeSync } from "@supabase/stripe-sync-engine";
import pg from "pg";

// Its ES module does not find its own migrations (it asks for __dirname, and swallows the error); its CommonJS module does.
const { runMigrations } = createRequire(import.meta.url)("@supabase/stripe-sync-engine");

// As its README sets it up. No setting makes it ask Stripe: it takes the events as they are.
export const createEngine = (url, connections, webhookSecret) =>
  new StripeSync({
    poolConfig: { connectionString: url, max: connections },
    stripeSecretKey: "sk_test_never_used",
    stripeWebhookSecret: webhookSecret,
    autoExpandLists: false,
    backfillRelatedEntities: false,
  });

export const migrate = (url) => runMigrations({ databaseUrl: url, schema: "stripe" });

export const createPool = (url) => new pg.Pool({ connectionString: url, max: 1 });
