import { API_VERSION } from "../apply/payloads.ts";
import * as ofSupabase from "../apply/peers/stripe-sync-engine/engine.mjs";
import type { Account, Limits } from "./account.ts";
import { type Calls, callsOf } from "./calls.ts";

/** The peer's words for what both read. */
const KINDS = [
  "product",
  "price",
  "customer",
  "subscription",
  "invoice",
  "charge",
  "payment_intent",
  "payment_method",
] as const;

export interface Backfill {
  /** With the status that Stripe answered when it gave up. */
  kinds: { kind: string; seconds: number; calls: Calls; objects: number; endedWith: number | undefined }[];
  seconds: number;
}

/** `@supabase/stripe-sync-engine` reads the same account behind the same limits, a kind after the other, as its own `all` does. */
export async function backfill(account: Account, url: string, limits: Limits, latencyMs: number): Promise<Backfill> {
  await ofSupabase.migrate(url);
  const engine = ofSupabase.createEngine(url, 10, "whsec_unused", { stripeUrl: account.url, apiVersion: API_VERSION });
  const kinds: Backfill["kinds"] = [];
  try {
    for (const kind of KINDS) {
      await account.limit(limits, latencyMs);
      const began = performance.now();
      const endedWith = await engine.syncBackfill({ object: kind }).then(
        () => undefined,
        (error: { statusCode?: number }) => {
          if (error.statusCode === undefined) throw error;
          return error.statusCode;
        },
      );
      const seconds = (performance.now() - began) / 1000;
      kinds.push({
        kind,
        seconds,
        endedWith,
        calls: callsOf(await account.counts()),
        objects: await countOf(url, kind),
      });
    }
  } finally {
    await engine.close();
    await account.lift();
  }
  return { kinds, seconds: kinds.reduce((sum, each) => sum + each.seconds, 0) };
}

async function countOf(url: string, kind: string): Promise<number> {
  const pool = ofSupabase.createPool(url);
  const { rows } = await pool.query(`select count(*)::int as count from stripe.${kind}s`);
  await pool.end();
  return (rows as [{ count: number }])[0].count;
}
