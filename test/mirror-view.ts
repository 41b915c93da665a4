import { applyEvents, applyFetched, fetchProjections, type ObjectName, readEvent } from "@turnpike/core/mirror";
import type { StripeClient } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import type { TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { emptying } from "./emptying.ts";

const EMPTY = emptying(`
  select target::regclass from billing.mirrored
  union all select unnest('{billing.stripe_events,billing.outbox,billing.reconcile_cursor}'::regclass[])`);
// A fetched invoice brings along payments that no event tells of: what they lead to shows in payment_history.
const LEFT_TO_HISTORY = "billing.invoice_payments";
// Nor does one tell that a charge's own total is less again, after a refund that failed: payment_history reckons with both.
const LEFT_OUT: Record<string, string> = { "billing.charges": ",amount_refunded" };

export type MirrorView = ReturnType<typeof createMirrorView>;

/** The mirror, as a whole, beside what Stripe holds. */
export function createMirrorView(server: TestSupabase, stripe: StripeClient) {
  const clients = { stripe, supabase: createServiceClient(server) };
  const tables = async () =>
    (await server.query<{ target: string }>("select target from billing.mirrored")).map(({ target }) => target);
  const empty = () => server.query(EMPTY);

  /** Every mirrored row, without what the guard alone needs, and what a customer sees of it. */
  async function rows(): Promise<Record<string, unknown>> {
    const shown = [...(await tables()), "public.payment_history"].filter((table) => table !== LEFT_TO_HISTORY);
    const found = await server.query<{ name: string; row: object }>(
      shown
        .map(
          (table) =>
            `select '${table} ' || id as name, to_jsonb(t) - '{as_of,rank,fetched${LEFT_OUT[table] ?? ""}}'::text[] as row from ${table} t`,
        )
        .join(" union all "),
    );
    return Object.fromEntries(found.map(({ name, row }) => [name, row]));
  }

  /** The rows of what these events are about, read from Stripe object by object. Leaves the mirror with just those. */
  async function truth(events: Stripe.Event[]): Promise<Record<string, unknown>> {
    await empty();
    for (const event of events) {
      const shown = readEvent(event);
      if (!shown) continue;
      const { object, object_id } = shown.projection;
      const fetched = await fetchProjections(stripe, object as ObjectName, object_id);
      if (fetched) {
        // As a consumer does: what the answer says of other objects is taken where the event needs it.
        const answer = shown.partial ? fetched.answer : fetched.answer.slice(0, 1);
        await applyFetched(clients, { ...fetched, answer });
      }
      // Stripe does not know it any more: it is as its last event showed it.
      else await applyEvents(clients, [event]);
    }
    return rows();
  }

  return { empty, rows, truth };
}
