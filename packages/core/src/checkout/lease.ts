import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BillingError } from "../errors/index.ts";
import type { Payer } from "../payer/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

/**
 * How long a sale waits for the one before it. With what its own lease is good for, that is less than a function's time, 20 s: one
 * that waited long, and then is slow itself, is refused with `sale_in_progress`, and not cut off with a 500.
 */
const PATIENCE_MS = 8_000;
const ASK_EVERY_MS = 150;
/** After this a sale opens nothing more: its lease must outlive what it asked of Stripe last. Postgres keeps a lease for 30 s. */
const LEASE_GOOD_FOR_MS = 10_000;

/** For what is asked of Stripe under a lease: the second try included, it is over sooner than the lease. */
export const IN_TIME = { timeout: 6_000, maxNetworkRetries: 1 };

/** The right to sell to a payer, which only one request has at a time. */
export interface Lease {
  /**
   * To be asked before anything is opened.
   * @throws BillingError `sale_in_progress` when so much time has passed that another sale may begin before this one is over
   */
  assertHeld(): void;
}

/**
 * Sells to a payer when nobody else does.
 * @throws BillingError `sale_in_progress` when another sale takes too long
 */
export async function withLease<Result>(
  supabase: ServiceClient,
  payer: Payer,
  sell: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const lease = { payer: nameOf(payer), token: randomUUID() };
  const giveUpAt = performance.now() + PATIENCE_MS;
  let askedAt = performance.now();
  while (!dataOf(await supabase.rpc("begin_sale", lease))) {
    if (performance.now() > giveUpAt) throw saleInProgress();
    await sleep(ASK_EVERY_MS * (0.5 + Math.random())); // those who wait do not ask all at once
    askedAt = performance.now();
  }
  try {
    return await sell({
      assertHeld() {
        if (performance.now() > askedAt + LEASE_GOOD_FOR_MS) throw saleInProgress();
      },
    });
  } finally {
    // One that cannot be given back runs out: the sale itself is done.
    await supabase.rpc("end_sale", lease);
  }
}

export function saleInProgress(): BillingError {
  return new BillingError("sale_in_progress", "Another purchase is in progress. Please try again in a moment.");
}

function nameOf(payer: Payer): string {
  return "userId" in payer ? `user:${payer.userId}` : `organization:${payer.organizationId}`;
}
