import type { Account, Limits } from "./account.ts";

export interface Calls {
  /** By endpoint, the most first. */
  byEndpoint: { endpoint: string; served: number; limited: number }[];
  served: number;
  limited: number;
  /** The endpoint that was asked most, in the ten seconds in which it was asked most: requests a second. */
  peak: number;
}

const PEAK_SECONDS = 10;

/** What the account was asked. */
export function callsOf(counts: Awaited<ReturnType<Account["counts"]>>): Calls {
  const byEndpoint = [...Map.groupBy(counts, ({ endpoint }) => endpoint)]
    .map(([endpoint, rows]) => ({
      endpoint,
      served: sum(rows.map(({ served }) => served)),
      limited: sum(rows.map(({ limited }) => limited)),
    }))
    .sort((one, other) => other.served - one.served);
  return {
    byEndpoint,
    served: sum(byEndpoint.map(({ served }) => served)),
    limited: sum(byEndpoint.map(({ limited }) => limited)),
    peak: peakOf(counts.filter(({ endpoint }) => endpoint === byEndpoint[0]?.endpoint)),
  };
}

function peakOf(counts: { second: number; served: number }[]): number {
  const within = (first: number) =>
    sum(counts.filter(({ second }) => second >= first && second < first + PEAK_SECONDS).map(({ served }) => served));
  return Math.max(0, ...counts.map(({ second }) => within(second))) / PEAK_SECONDS;
}

/** The seconds that these calls take at least: as long as the endpoint that is asked most, or all of them together. */
export function leastSeconds({ byEndpoint, served }: Calls, { endpoint, account }: Limits): number {
  return Math.max((byEndpoint[0]?.served ?? 0) / endpoint, served / account);
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
