import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { idOf, read } from "../stripe/index.ts";

/** Now, in seconds, by the clock that a subscription lives by: tests have clocks of their own (https://docs.stripe.com/billing/testing/test-clocks). */
export async function nowOf({ stripe }: Clients, { test_clock: clock }: Stripe.Subscription): Promise<number> {
  const id = idOf(clock);
  if (!id) return Math.floor(Date.now() / 1000);
  return (await read<Stripe.TestHelpers.TestClock>(stripe, `/v1/test_helpers/test_clocks/${id}`)).frozen_time;
}

export const toIso = (seconds: number): string => new Date(seconds * 1000).toISOString();
