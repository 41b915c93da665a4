import type { Contender, ContenderOptions } from "./contender.ts";
import { API_VERSION } from "./payloads.ts";
import * as ofSupabase from "./peers/stripe-sync-engine/engine.mjs";
import * as ofStripe from "./peers/sync-engine/engine.mjs";
import { toState } from "./turnpike.ts";
import { createWorkload, SECRET } from "./workload.ts";

interface Engine {
  processEvent(event: object): Promise<void>;
  processWebhook(payload: string, signature: string): Promise<void>;
  close(): Promise<void>;
}

/** `@supabase/stripe-sync-engine`, one event at a time: it has no batches. */
export function createSupabaseEngine(options: ContenderOptions): Contender {
  return contenderOf(ofSupabase.createEngine(options.url, options.connections, SECRET, settingsOf(options)), options);
}

export const migrateSupabaseEngine = ofSupabase.migrate;

/** `@stripe/sync-engine`, which goes on from it, and from `stripe-experiment-sync` in between. It has no batches either. */
export async function createStripeEngine(options: ContenderOptions): Promise<Contender> {
  return contenderOf(
    await ofStripe.createEngine(options.url, options.connections, SECRET, settingsOf(options)),
    options,
  );
}

export function migrateStripeEngine(url: string): Promise<void> {
  const objects = createWorkload(20).bodies.map((body) => JSON.parse(body).data.object as { object: string });
  return ofStripe.migrate(url, Object.fromEntries(objects.map((object) => [object.object, object])));
}

const settingsOf = ({ stripeUrl, asksStripe }: ContenderOptions) => ({
  stripeUrl,
  asksStripe,
  apiVersion: API_VERSION,
});

/** Both keep the same tables, as far as the workload goes. */
function contenderOf(engine: Engine, { url }: ContenderOptions): Contender {
  const pool = ofSupabase.createPool(url);
  return {
    async apply(events) {
      for (const event of events) await engine.processEvent(event);
      return [];
    },
    async verifyAndApply(deliveries) {
      for (const { body, signature } of deliveries) await engine.processWebhook(body, signature);
    },
    async reset() {
      await pool.query("truncate stripe.subscriptions, stripe.subscription_items, stripe.invoices");
    },
    async state() {
      const subscriptions = await pool.query(
        "select id, status || ' ' || cancel_at_period_end as state from stripe.subscriptions",
      );
      const invoices = await pool.query(
        "select id, concat_ws(' ', status, amount_paid, attempt_count) as state from stripe.invoices",
      );
      return { subscriptions: toState(subscriptions.rows), invoices: toState(invoices.rows) };
    },
    async close() {
      await engine.close();
      await pool.end();
    },
  };
}
