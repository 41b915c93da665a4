import { useEffect } from "react";
import { getDatabase } from "./supabase.ts";

/** What says whether somebody has a plan, and what they paid. */
const PURCHASES = ["customer", "product", "price", "subscription", "checkout_session", "invoice", "payment_intent"];
const LOOK_AGAIN_MS = 5_000;

/**
 * Whether all purchases are here. Of an account that sold before, they are read first: until then nobody may be told that they have
 * nothing.
 */
export async function loadPurchasesKnown(): Promise<boolean> {
  const { data } = await getDatabase().rpc("mirror_is_complete", { kinds: PURCHASES }).throwOnError();
  return data;
}

/** Looks again every few seconds, until the purchases are known. */
export function useReloadUntil(known: boolean, reload: () => void): void {
  useEffect(() => {
    if (known) return;
    const timer = setInterval(reload, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [known, reload]);
}
