import { applyEvents, applyFetched, fetchProjections, projectEvent } from "@turnpike/core/mirror";
import { createServiceClient } from "@turnpike/core/supabase";
import type { TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";

const MIRRORED = [
  "public.customers",
  "public.products",
  "public.prices",
  "public.user_subscriptions",
  "public.checkout_sessions",
  "public.entitlements",
  "public.payment_methods",
  "billing.invoices",
  "billing.payment_intents",
  "billing.charges",
  "billing.refunds",
  "billing.disputes",
];
const RECORDS = ["billing.invoice_payments", "billing.stripe_events", "billing.outbox", "billing.reconcile_cursor"];

export type MirrorView = ReturnType<typeof createMirrorView>;

/** The mirror, as a whole, beside what Stripe holds. */
export function createMirrorView(server: TestSupabase, stripe: Stripe) {
  const supabase = createServiceClient(server);
  const empty = () => server.query(`truncate ${[...MIRRORED, ...RECORDS].join()}`);

  /** Every mirrored row, without what the guard alone needs, and what a customer sees of it. */
  async function rows(): Promise<Record<string, unknown>> {
    const all: Record<string, unknown> = {};
    for (const table of [...MIRRORED, "public.payment_history"]) {
      const found = await server.query<{ row: { id: string } }>(
        `select to_jsonb(t) - '{as_of,rank,fetched}'::text[] as row from ${table} t order by id`,
      );
      for (const { row } of found) all[`${table} ${row.id}`] = row;
    }
    return all;
  }

  /** The rows of what these events are about, read from Stripe object by object. Leaves the mirror with just those. */
  async function truth(events: Stripe.Event[]): Promise<Record<string, unknown>> {
    await empty();
    for (const event of events) {
      const effect = projectEvent(event);
      if (!effect || !("object" in effect)) continue;
      const fetched = await fetchProjections(stripe, effect.object, effect.object_id);
      if (fetched) await applyFetched(supabase, fetched);
      // Stripe does not know it any more: it is as its last event showed it.
      else await applyEvents({ stripe, supabase }, [event]);
    }
    return rows();
  }

  return { empty, rows, truth };
}
