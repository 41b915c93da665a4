import { LARGE_ROWS, SMALL_ROWS } from "./growth.ts";
import { BATCHES, type Condition, ratioOf } from "./measure.ts";
import type { Results } from "./report.ts";
import { BEFORE, NOW, PLAIN_INSERT, SUPABASE_ENGINE } from "./systems.ts";

type Version = typeof NOW | typeof BEFORE;

interface Target {
  name: string;
  /** Undefined where it was not measured. */
  of(results: Results, version: Version): number | undefined;
  bound: number;
  isMost?: boolean;
}

/** Slower than this, against the Turnpike before, is a loss. */
const WORST_RATIO = 0.9;

const find = ({ comparisons }: Results, stage: string, network: string, connections: number) =>
  comparisons.find((one) => one.stage === stage && one.network === network && one.connections === connections);

const against =
  (stage: Condition["stage"], network: Condition["network"], connections: number, batch: number, other: string) =>
  (results: Results, version: Version) => {
    const comparison = find(results, stage, network, connections);
    return comparison && ratioOf(comparison, [version, batch], [other, other === SUPABASE_ENGINE ? 1 : batch]);
  };

const TARGETS: Target[] = [
  {
    name: "apply, direct, 100 a batch, one connection, against the peer",
    of: against("apply", "direct", 1, 100, SUPABASE_ENGINE),
    bound: 12,
  },
  {
    name: "apply, direct, 100 a batch, ten connections, against the peer",
    of: against("apply", "direct", 10, 100, SUPABASE_ENGINE),
    bound: 10,
  },
  {
    name: "verify + apply, direct, 100 a batch, one connection, against the peer",
    of: against("verify + apply", "direct", 1, 100, SUPABASE_ENGINE),
    bound: 10,
  },
  {
    name: "apply, 2 ms of round trip, 100 a batch, one connection, against the peer",
    of: against("apply", "2 ms of round trip", 1, 100, SUPABASE_ENGINE),
    bound: 30,
  },
  {
    name: "apply, direct, a batch of one, one connection, against the peer",
    of: against("apply", "direct", 1, 1, SUPABASE_ENGINE),
    bound: 2,
  },
  ...([1, 10] as const).map((connections) => ({
    name: `apply, direct, 100 a batch, ${connections === 1 ? "one connection" : "ten connections"}, against a plain insert`,
    of: against("apply", "direct", connections, 100, PLAIN_INSERT),
    bound: 0.5,
  })),
  {
    name: "share of right rows with ties and unpaid invoices",
    of: ({ ties }, version) => {
      const shares = ties?.runs.filter((run) => run.system === version).map((run) => run.right / ties.rows) ?? [];
      return shares.length > 0 ? Math.min(...shares) : undefined;
    },
    bound: 1,
  },
  ...[1, 100].map((batch) => ({
    name: `cost of an event at ${millions(LARGE_ROWS)} rows against ${millions(SMALL_ROWS)}, batch of ${batch}`,
    of: ({ growth }: Results, version: Version) =>
      version === NOW ? growth.find((one) => one.batch === batch)?.ratio : undefined,
    bound: 1.3,
    isMost: true,
  })),
];

/** A number of rows in few letters. */
export function millions(rows: number): string {
  return rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`;
}

/** How a ratio is written. */
export const times = (ratio: number | undefined) =>
  ratio === undefined ? "" : `${ratio.toFixed(ratio < 10 ? 2 : 1)}×`;

const isMet = ({ bound, isMost }: Target, ratio: number) => (isMost ? ratio <= bound : ratio >= bound);

/** Name, bound, before, now, and whether it is met: of what was measured. */
export function targetRows(results: Results): string[][] {
  return TARGETS.flatMap((target) => {
    const now = target.of(results, NOW);
    if (now === undefined) return [];
    const bound = `${target.isMost ? "≤" : "≥"} ${target.bound}×`;
    return [
      [target.name, bound, times(target.of(results, BEFORE)), times(now), isMet(target, now) ? "met" : "**not met**"],
    ];
  });
}

/**
 * Whether Turnpike may stay as it is now: no target is missed but those that it missed before, and no condition is slower than
 * it may become.
 */
export function judge(results: Results): { isGood: boolean; words: string } {
  const lost = TARGETS.filter((target) => {
    const [now, before] = [target.of(results, NOW), target.of(results, BEFORE)];
    return now !== undefined && !isMet(target, now) && (before === undefined || isMet(target, before));
  }).map(({ name }) => `lost: ${name}`);
  const worse = results.comparisons.flatMap((comparison) =>
    BATCHES.flatMap((batch) => {
      const ratio = ratioOf(comparison, [NOW, batch], [BEFORE, batch]);
      if (ratio === undefined || ratio >= WORST_RATIO) return [];
      const { stage, network, connections } = comparison;
      return [`slower: ${stage}, ${network}, connections: ${connections}, batch of ${batch}: ${times(ratio)}`];
    }),
  );
  const found = [...lost, ...worse];
  const words = found.length > 0 ? found.join("\n") : `No target lost, no condition worse than ${WORST_RATIO}×.`;
  return { isGood: found.length === 0, words };
}
