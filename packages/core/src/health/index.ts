import type { Clients } from "../clients.ts";
import { dataOf } from "../supabase/index.ts";

export interface Health {
  healthy: boolean;
  dependencies: Record<"stripe" | "supabase", "ok" | "unreachable">;
  /** What went wrong with those that are not ok: for the log, and for who can do something about a key that was refused. */
  errors: unknown[];
}

/** Asks every dependency for something small. */
export async function checkHealth({ stripe, supabase }: Clients): Promise<Health> {
  const answers = await Promise.allSettled([
    stripe.products.list({ limit: 1 }, { maxNetworkRetries: 0, timeout: 5_000 }),
    supabase.rpc("get_reconcile_cursor").then(dataOf),
  ]);
  const [ofStripe, ofSupabase] = answers;
  const errors = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  return {
    healthy: errors.length === 0,
    dependencies: { stripe: stateOf(ofStripe), supabase: stateOf(ofSupabase) },
    errors,
  };
}

function stateOf({ status }: PromiseSettledResult<unknown>) {
  return status === "fulfilled" ? ("ok" as const) : ("unreachable" as const);
}
