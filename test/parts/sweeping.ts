import { keepReading } from "@turnpike/core/sync";
import { expect } from "vitest";
import type { Account } from "./account.ts";

/** Whoever sweeps an account that was read, and what was found. */
export function createSweeping(account: Account) {
  return {
    /** One whole sweep; another than the last, where that is over. */
    async sweep() {
      await account.supabase.query("update billing.sync_runs set started_at = started_at - interval '16 minutes'");
      for (;;) {
        const { worked } = await keepReading(account.shop.billing, performance.now() + 50_000, () => {});
        expect(worked.errors).toEqual([]);
        if (worked.state === "done" || worked.state === "none") return;
      }
    },

    drift: () =>
      account.supabase.query<{ object: string; object_id: string; kind: string; columns: string[] }>(
        "select object, object_id, kind, columns from billing.drift order by id",
      ),
    /** What is counted once no event has explained it. */
    async countLater() {
      await account.supabase.query("update billing.drift set found_at = found_at - interval '11 minutes'");
      return (await account.supabase.client.rpc("count_drift")).data;
    },
  };
}
