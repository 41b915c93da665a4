import type { CheckoutSummary } from "@turnpike/core/checkout/schema";
import { useCallback, useEffect, useRef, useState } from "react";
import { createBilling } from "./buttons/client.ts";
import { asRefused } from "./buttons/post.ts";

/** What is known about the purchase that the visitor has come back from. */
export type Purchase =
  | { status: "loading" }
  | { status: "known"; summary: CheckoutSummary }
  | { status: "signed-out" }
  | { status: "not-found" }
  | { status: "unreachable" };

/** Asks the back end, which asks Stripe. */
export async function loadPurchase(sessionId: string): Promise<Purchase> {
  try {
    return { status: "known", summary: await createBilling().getPurchase(sessionId) };
  } catch (failure) {
    const { code } = asRefused(failure).answer;
    if (code === "unauthenticated") return { status: "signed-out" };
    return { status: code === "not_found" ? "not-found" : "unreachable" };
  }
}

/** How long to wait before asking again, in milliseconds: quickly at first, then every half minute (a debit takes days). */
export function pollDelay(attempt: number): number {
  return Math.min(30_000, Math.round(1_500 * 1.5 ** attempt));
}

/** For how many times somebody who has paid is waited with for a receipt: for half a minute. */
const RECEIPT_ATTEMPTS = 5;

/** Whether there is more to be heard of a purchase. */
export function isUnderWay(
  { status, amountTotal, receiptUrl }: Pick<CheckoutSummary, "status" | "amountTotal" | "receiptUrl">,
  attempt: number,
): boolean {
  if (status === "complete") return receiptUrl === null && amountTotal !== 0 && attempt < RECEIPT_ATTEMPTS;
  return status === "processing";
}

/**
 * Tells what becomes of a purchase: at once, and again for as long as its payment is under way, or its receipt is.
 * @returns stops it
 */
export function watchPurchase(sessionId: string, tell: (purchase: Purchase) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const ask = async (attempt: number) => {
    const answer = await loadPurchase(sessionId);
    if (stopped) return;
    // The payment was under way when last seen, and a lost connection does not change that: go on showing it, and ask again.
    const lost = attempt > 0 && answer.status === "unreachable";
    if (!lost) tell(answer);
    if (lost || (answer.status === "known" && isUnderWay(answer.summary, attempt))) {
      timer = setTimeout(() => void ask(attempt + 1), pollDelay(attempt));
    }
  };
  queueMicrotask(() => stopped || void ask(0)); // what React's strict mode throws away at once asks nothing
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** The purchase of a checkout session, kept current. */
export function usePurchase(sessionId: string): { purchase: Purchase; retry: () => void } {
  const [purchase, setPurchase] = useState<Purchase>({ status: "loading" });
  const stop = useRef<() => void>(undefined);

  const start = useCallback(() => {
    stop.current?.();
    setPurchase({ status: "loading" });
    stop.current = watchPurchase(sessionId, setPurchase);
  }, [sessionId]);

  useEffect(() => {
    start();
    return () => stop.current?.();
  }, [start]);

  return { purchase, retry: start };
}
