import { cpus } from "node:os";
import { table } from "../table.ts";
import { type Growth, LARGE_ROWS, SMALL_ROWS } from "./growth.ts";
import { BATCHES, type Comparison, rateOf, ratioOf } from "./measure.ts";
import { BEFORE, COPY, NOW, PLAIN_INSERT, STRIPE_ENGINE, SUPABASE_ENGINE } from "./systems.ts";
import { judge, millions, targetRows, times } from "./targets.ts";
import { REQUESTS_A_SECOND } from "./ties/emulated-stripe.ts";
import type { Ties } from "./ties/measure.ts";

export interface Results {
  postgres: string;
  /** The revision that Turnpike is compared with. */
  before: string | undefined;
  rounds: number;
  /** Measured through the proxy, with the server's own time for `select 1`. */
  roundTripMs: number;
  bodyBytes: number;
  comparisons: Comparison[];
  ties: Ties | undefined;
  growth: Growth[];
}

/** The tables, as Markdown that also reads well in a terminal. */
export function tablesOf(results: Results): string {
  const { comparisons, ties, growth, before } = results;
  const parts = [
    comparisons.length > 0 && peersTable(comparisons),
    comparisons.length > 0 && before && versionsTable(comparisons, before),
    comparisons.some((one) => rateOf(one, PLAIN_INSERT, 1)) && ceilingTable(comparisons),
    ties && tiesTable(ties),
    growth.length > 0 && growthTable(growth),
    `## Targets\n\n${table(["condition", "target", "before", "now", ""], targetRows(results))}`,
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

const conditionOf = ({ stage, network, connections }: Comparison) => [stage, network, connections];

function peersTable(comparisons: Comparison[]): string {
  const rows = comparisons.map((comparison) => [
    ...conditionOf(comparison),
    thousands(comparison.events),
    thousands(rateOf(comparison, SUPABASE_ENGINE, 1)),
    thousands(rateOf(comparison, STRIPE_ENGINE, 1)),
    ...BATCHES.map((batch) => {
      const ratio = ratioOf(comparison, [NOW, batch], [SUPABASE_ENGINE, 1]);
      return `${thousands(rateOf(comparison, NOW, batch))} (${times(ratio)})`;
    }),
  ]);
  const head = ["stage", "network", "connections", "events", SUPABASE_ENGINE, STRIPE_ENGINE];
  return `## Events a second

${table([...head, "Turnpike, batch 1", "batch 10", "batch 100"], rows)}

In brackets: how many times the rate of \`${SUPABASE_ENGINE}\`, side by side.`;
}

function versionsTable(comparisons: Comparison[], before: string): string {
  const rows = comparisons.map((comparison) => [
    ...conditionOf(comparison),
    ...BATCHES.map((batch) => {
      const ratio = ratioOf(comparison, [NOW, batch], [BEFORE, batch]);
      return `${thousands(rateOf(comparison, BEFORE, batch))} → ${thousands(rateOf(comparison, NOW, batch))} (${times(ratio)})`;
    }),
  ]);
  return `## Before and now

${table(["stage", "network", "connections", "batch 1", "batch 10", "batch 100"], rows)}

Turnpike at ${before} → now, in events a second; in brackets the ratio, side by side.`;
}

function ceilingTable(comparisons: Comparison[]): string {
  const rows = comparisons
    .filter((comparison) => rateOf(comparison, PLAIN_INSERT, 1) !== undefined)
    .flatMap((comparison) =>
      BATCHES.map((batch) => [
        comparison.connections,
        batch,
        thousands(rateOf(comparison, NOW, batch)),
        ...[PLAIN_INSERT, COPY].flatMap((ceiling) => [
          thousands(rateOf(comparison, ceiling, batch)),
          times(ratioOf(comparison, [NOW, batch], [ceiling, batch])),
        ]),
      ]),
    );
  const head = ["connections", "batch", "Turnpike", "plain insert", "Turnpike ÷ it", "copy", "Turnpike ÷ it"];
  return `## The ceiling

${table(head, rows)}

Events a second of the apply stage, direct, beside the same columns written without a guard or a ledger.`;
}

function tiesTable({ events, tied, unpaid, rows, runs }: Ties): string {
  const head = ["system", "batch", "right rows", "seconds", "requests to Stripe", "of these refused"];
  const body = runs.map(({ system, batch, right, seconds, requests, refused }) => [
    system === NOW ? "Turnpike" : system,
    batch,
    `${right} of ${rows}`,
    seconds.toFixed(1),
    thousands(requests),
    thousands(refused),
  ]);
  return `## Ties and unpaid invoices

${table(head, body)}

${thousands(events)} events of the project's own Stripe emulator, ${tied} of them in pairs that share a second, ${unpaid} of invoices that could not be
paid. Stripe takes ${REQUESTS_A_SECOND} requests a second and refuses the others; what a system refuses therefore is delivered again a second later.`;
}

function growthTable(growth: Growth[]): string {
  const rows = growth.map(({ batch, events, small, large, ratio }) => [
    batch,
    thousands(events),
    `${thousands(small)} µs`,
    `${thousands(large)} µs`,
    times(ratio),
  ]);
  return `## Cost of an event as the mirror grows

${table(["batch", "events", `${millions(SMALL_ROWS)} rows`, `${millions(LARGE_ROWS)} rows`, "ratio"], rows)}

Turnpike alone: the apply stage, direct, one connection.`;
}

/** The page of the documentation: what was measured, on what, how, and nothing else. */
export function pageOf(results: Results): string {
  const today = new Date().toISOString().slice(0, 10);
  return `# Benchmarks

Written by \`npm run bench:apply\` on ${today}; run it to have your own machine's numbers. Trust the ratios: the rates are those of
one machine on one day. Cold starts are on [a page of their own](cold-starts.md).

${tablesOf(results)}
${judge(results).words}

## What was measured

- **Machine**: ${cpus().length} ${process.arch} cores, shared with the load itself; Postgres ${results.postgres} on the same machine with stock
  settings (\`fsync\` and \`synchronous_commit\` on) but for the number of connections; Node.js ${process.versions.node}.
- **Events**: a fixed sequence, 60% \`customer.subscription.*\` and 40% \`invoice.*\`, each body ${(results.bodyBytes / 1000).toFixed(1)} KB on average as Stripe sends
  it, in the order in which it happened. Ten events for each subscription and its two invoices, about a day apart, so that a batch
  seldom holds two of one object. No two events of an object share a second, and none makes Turnpike ask Stripe.
- **Turnpike**: its projection and one call of \`public.apply_stripe_changes\` a batch, through \`pg\` with a prepared statement.
  API Gateway, the queue and PostgREST, which surround these in production, are not part of it. **Before** is the code and the
  migrations of that revision with today's libraries.
- **What today's Turnpike does more** than the one before, in each batch: it looks for a second subscription of the same payer when one
  begins (13% of what Postgres computes for a batch of ten, half of it to see which one does), keeps two more indexes of the
  ledger (5%), writes with each subscription whether it is live and grants access (two generated columns, 4%), checks the ledger's own
  words (2%), looks up whose Stripe key it is and whether seats are kept, and says whether something waits in the outbox. Where a condition
  is named as slower above, that is what its time buys: with ten connections all cores are full, and all of it shows. A batch of one is
  faster all the same, since nothing of it is planned anew.
- **Whose the customers are**: each is a user's, as in a shop whose buyers sign in. Were they nobody's, each subscription that begins would
  also leave a notice that somebody has to assign it: apply, direct, batches of ten on ten connections, was then
  nine tenths as fast as it is here, in one run on a busy machine. Before kept no such notices.
- **Peers**: \`${SUPABASE_ENGINE}\` 0.48.5 and \`${STRIPE_ENGINE}\` 1.0.32, which goes on from it (and from
  \`stripe-experiment-sync\` in between), as their READMEs set them up, asking Stripe's API for nothing. They take events singly. They
  keep more of each object than Turnpike does, and no ledger. \`${STRIPE_ENGINE}\` makes its tables from Stripe's OpenAPI document,
  which it downloads; here from one with the fields that the events have.
- **apply**: the events are parsed before the clock starts (\`processEvent\`). **verify + apply**: each body's signature is checked
  and it is parsed, within the time (\`processWebhook\`).
- **2 ms of round trip**: a proxy holds back what goes to Postgres; \`select 1\` through it took ${results.roundTripMs.toFixed(1)} ms.
- **Each round** begins with empty tables, but that each customer is known to Turnpike as a user's, and counts only if every system ends with the status of every subscription and the status,
  amount and attempts of every invoice that the events lead to, and Turnpike's ledger with every event.
- **Each number** is a median: in each of ${results.rounds} rounds all systems go through the events side by side, in turns of a thousand
  events, and a ratio is of two neighbouring turns. So a machine that is busy with other things slows all of them. Before each round
  all go through other events, which do not count: where a table was emptied, each connection plans its statements anew.
- **Ceiling**: the rows that Turnpike writes, made ready before the clock starts. *Plain insert*: one \`insert … select from unnest(…) on
  conflict do update\` a table and batch, into Turnpike's tables. *Copy*: into tables without key or index, one row an event.
- **Ties**: one connection and one run each. *Asking Stripe*: with \`revalidateObjectsViaStripeApi\`, where an event is only the
  occasion to fetch the object. A row is right when it shows what Stripe holds: the words above.
- **Growth**: the tables and the ledger are filled beforehand; the events are of objects scattered over them.
`;
}

const thousands = (value: number | undefined) => (value === undefined ? "" : Math.round(value).toLocaleString("en"));
