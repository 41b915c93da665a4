/**
 * How long each part waits, in milliseconds. The rule: whoever waits outlives whom they wait for, so that the one who asked gets an answer
 * of ours, with a request id, and the log a line. So one server that never answers ends within `answer`, and what the
 * gateway and CloudFront allow is never used up. The stacks give the functions these times, and the clients theirs.
 */
export const TIME_LIMITS = {
  /** API Gateway's HTTP APIs give up then, and CloudFront by default: neither can be set higher without asking AWS. */
  gateway: 30_000,
  route: {
    function: 20_000,
    /** Our answer goes out then, whatever still hangs. */
    answer: 19_000,
    stripe: { timeout: 5_000, retries: 2 },
    supabase: 8_000,
  },
  /** What nobody waits for in front of a page: large pages of Stripe's lists, large batches to Postgres. */
  background: {
    consumer: 60_000,
    relay: 90_000,
    reading: 120_000,
    reconciliation: 600_000,
    stripe: { timeout: 15_000, retries: 2 },
    supabase: 15_000,
  },
  aws: {
    attempt: 5_000,
    call: 10_000,
    /** SSM answers 40 of an account's requests a second: 400 functions that start at once have their secrets after ten seconds. */
    firstSecrets: 14_000,
    /** Old ones do meanwhile. */
    newerSecrets: 3_000,
  },
} as const;

/** How long a request to Stripe may take in all: its client waits half a second before the first try, twice as long before each other. */
export function longestOf({ timeout, retries }: { timeout: number; retries: number }): number {
  return timeout * (retries + 1) + 500 * (2 ** retries - 1);
}
