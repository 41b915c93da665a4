import { beginReading, getCompleteness, getFailures, getProgress, type Work, workReading } from "@turnpike/core/sync";
import type { LentStripe, LentSupabase } from "./index.ts";

/** Whoever reads all that an account holds; as fast as this machine, unless a test is about that. */
export function createReading(supabase: LentSupabase, { stripe }: LentStripe) {
  const clients = { stripe, supabase: supabase.client };
  const begin = () => beginReading(clients, { purpose: "sync", requestedBy: "a test" });
  const work = (changed: Partial<Work> & Partial<typeof clients> = {}) => {
    const { stripe, supabase, ...work } = { ...clients, ...changed };
    return workReading({ stripe, supabase }, { purpose: "sync", perSecond: 1000, perEndpoint: 200, ...work });
  };
  return {
    begin,
    work,
    async sync(changed: Parameters<typeof work>[0] = {}) {
      await begin();
      return work(changed);
    },
    /** Reads so many customers, and not what Stripe lists for each of them. */
    async syncCustomers(count: number, { onProgress, ...changed }: Parameters<typeof work>[0] = {}) {
      const stop = new AbortController();
      let read = 0;
      await begin();
      return work({
        ...changed,
        signal: stop.signal,
        onProgress: (page) => {
          onProgress?.(page);
          if (page.object === "customer") read += page.read;
          if (read >= count) stop.abort();
        },
      });
    },
    /** As if the worker that reads had died long ago. */
    forgetWorker: () => supabase.query("update billing.sync_runs set leased_until = now() where token is not null"),
    /** What failed comes again at once. */
    waitForRetry: () => supabase.query("update billing.sync_ranges set not_before = now()"),
    /** As if nothing had ever been read. */
    startOver: () => supabase.query("truncate public.customers, billing.sync_runs, billing.completeness cascade"),
    progressOf: async (object: string) =>
      (await getProgress(supabase.client))?.kinds.find((kind) => kind.object === object),
    failures: () => getFailures(supabase.client),
    completeness: () => getCompleteness(supabase.client),
    isComplete: async (kinds?: string[]) =>
      (await supabase.client.rpc("mirror_is_complete", kinds ? { kinds } : {})).data,
    count: async (table: string) =>
      (await supabase.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n,
  };
}
