import type { Clients } from "../clients.ts";
import { dataOf } from "../supabase/index.ts";

export interface Health {
  healthy: boolean;
  dependencies: Record<"stripe" | "supabase", "ok" | "unreachable">;
}

// Health is asked often and by anyone: what was found a moment ago still holds.
const FRESH_FOR_MS = 10_000;
let last: { at: number; health: Promise<Health> } | undefined;

/** Asks every dependency for something small. */
export function checkHealth(clients: Clients): Promise<Health> {
  if (!last || Date.now() - last.at > FRESH_FOR_MS) last = { at: Date.now(), health: ask(clients) };
  return last.health;
}

async function ask({ stripe, supabase }: Clients): Promise<Health> {
  const answers = async (request: Promise<unknown>) =>
    request.then(
      () => "ok" as const,
      () => "unreachable" as const,
    );
  const [stripeAnswer, supabaseAnswer] = await Promise.all([
    answers(stripe.products.list({ limit: 1 }, { maxNetworkRetries: 0, timeout: 5_000 })),
    answers((async () => dataOf(await supabase.rpc("get_reconcile_cursor")))()),
  ]);
  return {
    healthy: stripeAnswer === "ok" && supabaseAnswer === "ok",
    dependencies: { stripe: stripeAnswer, supabase: supabaseAnswer },
  };
}
