import type { Contender, ContenderOptions } from "./contender.ts";
import { createEngine, createPool, migrate } from "./peers/stripe-sync-engine/engine.mjs";
import { toState } from "./turnpike.ts";
import { SECRET } from "./workload.ts";

/** `@supabase/stripe-sync-engine`, one event at a time: it has no batches. */
export function createSyncEngine({ url, connections }: ContenderOptions): Contender {
  const engine = createEngine(url, connections, SECRET);
  const pool = createPool(url);
  return {
    async apply(events) {
      for (const event of events) await engine.processEvent(event);
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

export { migrate as migrateSyncEngine };
