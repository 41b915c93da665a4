import { cpus } from "node:os";
import { table } from "../table.ts";
import { type Growth, LARGE_ROWS, SMALL_ROWS } from "./growth.ts";
import type { Comparison } from "./measure.ts";

export interface Results {
  postgres: string;
  rounds: number;
  /** Measured through the proxy, with the server's own time for `select 1`. */
  roundTripMs: number;
  bodyBytes: number;
  comparisons: Comparison[];
  growth: Growth[];
}

interface Target {
  name: string;
  of: (results: Results) => number | undefined;
  bound: number;
  isMost?: boolean;
}

const ratioOf =
  (stage: string, network: string, connections: number, batch: number) =>
  ({ comparisons }: Results) =>
    comparisons
      .find((one) => one.stage === stage && one.network === network && one.connections === connections)
      ?.turnpike.find((one) => one.batch === batch)?.ratio;

const TARGETS: Target[] = [
  { name: "apply, direct, 100 a batch, one connection", of: ratioOf("apply", "direct", 1, 100), bound: 12 },
  { name: "apply, direct, 100 a batch, ten connections", of: ratioOf("apply", "direct", 10, 100), bound: 10 },
  {
    name: "verify + apply, direct, 100 a batch, one connection",
    of: ratioOf("verify + apply", "direct", 1, 100),
    bound: 10,
  },
  {
    name: "apply, 2 ms of round trip, 100 a batch, one connection",
    of: ratioOf("apply", "2 ms of round trip", 1, 100),
    bound: 30,
  },
  { name: "apply, direct, a batch of one, one connection", of: ratioOf("apply", "direct", 1, 1), bound: 1.5 },
  ...[1, 100].map((batch) => ({
    name: `cost of an event at ${millions(LARGE_ROWS)} rows against ${millions(SMALL_ROWS)}, batch of ${batch}`,
    of: ({ growth }: Results) => growth.find((one) => one.batch === batch)?.ratio,
    bound: 1.3,
    isMost: true,
  })),
];

function millions(rows: number): string {
  return rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`;
}

/** The tables, as Markdown that also reads well in a terminal. */
export function tablesOf(results: Results): string {
  const rows = results.comparisons.map(({ stage, network, connections, events, peer, turnpike }) => [
    stage,
    network,
    connections,
    thousands(events),
    thousands(peer),
    ...turnpike.map(({ rate, ratio }) => `${thousands(rate)} (${times(ratio)})`),
  ]);
  const targets = TARGETS.flatMap(({ name, of, bound, isMost }) => {
    const ratio = of(results);
    if (ratio === undefined) return [];
    const isMet = isMost ? ratio <= bound : ratio >= bound;
    return [[name, `${isMost ? "≤" : "≥"} ${bound}×`, times(ratio), isMet ? "met" : "**not met**"]];
  });
  const growth = results.growth.map(({ batch, events, small, large, ratio }) => [
    batch,
    thousands(events),
    `${thousands(small)} µs`,
    `${thousands(large)} µs`,
    times(ratio),
  ]);
  return `## Events a second

${table(["stage", "network", "connections", "events", "stripe-sync-engine", "Turnpike, batch 1", "batch 10", "batch 100"], rows)}

In brackets: how many times the peer's rate, in the same round.

## Cost of an event as the mirror grows

${table(["batch", "events", `${millions(SMALL_ROWS)} rows`, `${millions(LARGE_ROWS)} rows`, "ratio"], growth)}

Turnpike alone: the apply stage, direct, one connection.

## Targets

${table(["condition", "target", "measured", ""], targets)}
`;
}

/** The page of the documentation: what was measured, on what, how, and nothing else. */
export function pageOf(results: Results): string {
  const today = new Date().toISOString().slice(0, 10);
  return `# Benchmarks

Written by \`npm run bench:apply\` on ${today}; run it to have your own machine's numbers. Trust the ratios: the rates are those of
one machine on one day. Cold starts are on [a page of their own](cold-starts.md).

${tablesOf(results)}
## What was measured

- **Machine**: ${cpus().length} ${process.arch} cores, shared with the load itself; Postgres ${results.postgres} on the same machine with stock
  settings (\`fsync\` and \`synchronous_commit\` on); Node.js ${process.versions.node}.
- **Events**: a fixed sequence, 60% \`customer.subscription.*\` and 40% \`invoice.*\`, each body ${(results.bodyBytes / 1000).toFixed(1)} KB on average as Stripe sends
  it, in the order in which it happened. Ten events for each subscription and its two invoices, about a day apart, so that a batch
  seldom holds two of one object. No two events of an object share a second, and none makes Turnpike ask Stripe.
- **Turnpike**: its projection and one call of \`public.apply_stripe_changes\` a batch, through \`pg\` with a prepared statement.
  API Gateway, the queue and PostgREST, which surround these in production, are not part of it.
- **stripe-sync-engine**: \`@supabase/stripe-sync-engine\` 0.48.5 with the same \`pg\` and Stripe's library, as its README sets it up,
  asking Stripe's API for nothing. It takes events singly. It keeps more of each object than Turnpike does, and no ledger.
- **apply**: the events are parsed before the clock starts (\`processEvent\`). **verify + apply**: each body's signature is checked
  and it is parsed, within the time (\`processWebhook\`).
- **2 ms of round trip**: a proxy holds back what goes to Postgres; \`select 1\` through it took ${results.roundTripMs.toFixed(1)} ms.
- **Each run** begins with empty tables, and counts only if both systems end with the status of every subscription and the status,
  amount and attempts of every invoice that the events lead to, and Turnpike's ledger with every event.
- **Each number** is the median of ${results.rounds} rounds in which the two took turns, after a warm-up.
- **Growth**: the tables and the ledger are filled beforehand; the events are of objects scattered over them.
`;
}

const thousands = (value: number) => Math.round(value).toLocaleString("en");
const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 1)}×`;
