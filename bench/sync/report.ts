import { cpus, loadavg } from "node:os";
import { table } from "../table.ts";
import type { Limits } from "./account.ts";
import { type Calls, leastSeconds } from "./calls.ts";
import type { Backfill } from "./peer.ts";
import type { Reading } from "./reading.ts";

export interface Results {
  objects: Record<string, number>;
  limits: Limits;
  latencyMs: number;
  whole: Reading;
  killed: Reading;
  peer: Backfill;
}

export const PEER = "@supabase/stripe-sync-engine";
export const WHOLE = 100_000;
/** Of what the limits allow. */
const LEAST_SHARE = 0.95;

const total = ({ objects }: Results) => Object.values(objects).reduce((sum, count) => sum + count, 0);

const shareOf = ({ calls, seconds }: Reading, limits: Limits) => leastSeconds(calls, limits) / seconds;

/** Whether the target is met; a small account is read in a moment, most of which is the start. */
export function judge(results: Results): { isGood: boolean; words: string } {
  const share = shareOf(results.whole, results.limits);
  const isMet = share >= LEAST_SHARE;
  const target = `Target, with ${thousands(WHOLE)} objects on a machine that does nothing else: at least ${percent(LEAST_SHARE)} of what the limits allow.`;
  const isJudged = total(results) >= WHOLE;
  const words = `${target} Here ${percent(share)}${isJudged ? (isMet ? ": met" : ": **not met**") : ", not judged"}.`;
  return { isGood: isMet || !isJudged, words };
}

/** The tables, as Markdown that also reads well in a terminal. */
export function tablesOf(results: Results): string {
  return `## Turnpike

${readingTable(results)}

${judge(results).words}

${endpointTable(results)}

## Beside ${PEER}

${peerTable(results)}
`;
}

function readingTable({ whole, killed, limits, ...results }: Results): string {
  const size = total({ whole, killed, limits, ...results });
  const rows = [whole, killed].map(({ kills, seconds, calls, megabytes }) => [
    kills === 0 ? "in one go" : `killed ${kills} times`,
    seconds.toFixed(1),
    leastSeconds(calls, limits).toFixed(1),
    percent(leastSeconds(calls, limits) / seconds),
    thousands(calls.served),
    (calls.served / size).toFixed(4),
    thousands(calls.limited),
    calls.peak.toFixed(1),
    `${megabytes.toFixed(0)} MB`,
  ]);
  const head = [
    "reading",
    "seconds",
    "the limits allow",
    "share",
    "calls",
    "calls per object",
    "refused with 429",
    "peak",
    "memory",
  ];
  return `${table(head, rows)}

Of ${thousands(size)} objects. *Peak*: requests a second to the endpoint that was asked most, in the ten seconds in which it was asked most. *Memory*: the most that the reader's process held; of those that were killed, the last one's. After each of these runs every object's row was compared with what Stripe lists, and there was no other row.`;
}

function endpointTable({ whole }: Results): string {
  const rows = whole.calls.byEndpoint.map(({ endpoint, served }) => [
    endpoint,
    thousands(served),
    (served / whole.seconds).toFixed(1),
  ]);
  return table(["endpoint", "calls", "a second, over the whole reading"], rows);
}

/** What of an endpoint's calls stands for the peer's kind. */
const ENDPOINTS: Record<string, string> = {
  product: "GET /v1/products",
  price: "GET /v1/prices",
  customer: "GET /v1/customers",
  subscription: "GET /v1/subscriptions",
  invoice: "GET /v1/invoices",
  charge: "GET /v1/charges",
  payment_intent: "GET /v1/payment_intents",
  payment_method: "GET /v1/payment_methods",
};

function peerTable({ peer, whole }: Results): string {
  const served = ({ byEndpoint }: Calls, name = "") =>
    byEndpoint.find(({ endpoint }) => endpoint === name)?.served ?? 0;
  const rows = peer.kinds.map(({ kind, seconds, calls, objects, endedWith }) => [
    kind,
    seconds.toFixed(1),
    thousands(calls.served),
    thousands(served(whole.calls, ENDPOINTS[kind])),
    `${thousands(objects)}${endedWith === undefined ? "" : `, then it gave up at a ${endedWith}`}`,
  ]);
  const isWhole = peer.kinds.every(({ endedWith }) => endedWith === undefined);
  return `${table(["kind", "its seconds", "its calls", "Turnpike's calls", "rows that it wrote"], rows)}

It reads a kind after the other, and a page after the other: ${peer.seconds.toFixed(1)} s in all${isWhole ? "" : ", without what it left out"}; Turnpike reads all kinds side by side, and the payments of
invoices as well, in ${whole.seconds.toFixed(1)} s: ${(peer.seconds / whole.seconds).toFixed(1)} times as fast. Killed, the peer begins anew.`;
}

/** The page of the documentation: what was measured, on what, how, and nothing else. */
export function pageOf(results: Results): string {
  const { limits, latencyMs, objects } = results;
  const kinds = Object.entries(objects).map(
    ([kind, count]) => `${thousands(count)} ${spaced(count === 1 ? kind.slice(0, -1) : kind)}`,
  );
  return `# Benchmark: reading an account

Written by \`npm run bench:sync\` on ${new Date().toISOString().slice(0, 10)}; run it to have your own machine's numbers. How Turnpike takes events is on [a page of its
own](benchmarks.md).

${tablesOf(results)}
## What was measured

- **Account**: ${kinds.join(", ")}, made over two years, planted in the project's own Stripe emulator, which runs in a process of its own and
  answers each request ${latencyMs} ms late.
- **Limits**: ${limits.endpoint} requests a second for each endpoint and ${limits.account} for the account, as [Stripe has
  them](https://docs.stripe.com/rate-limits) in live mode; what comes faster is refused with 429. *The limits allow*: the calls of the endpoint that was asked most, or all
  of them, at these rates. It takes the calls as they are: payment methods are listed for one customer at a time.
- **Turnpike**: \`beginReading\` and \`workReading\`, in a process of its own, which is what \`billing sync\` runs; through Supabase's client and the embedded stand-in for PostgREST into a Postgres with stock
  settings. From the moment at which the process begins to read to the end; when it was killed, with each further process's start.
- **Killed**: with SIGKILL, spread evenly over the calls that the reading needs. The lease of a dead reader, half a minute, is ended by hand each time; reading
  begins again at once.
- **Peer**: \`${PEER}\` 0.48.5, \`syncBackfill\` for each kind that both read, ten connections, without related entities and expanded lists.
- **Machine**: ${cpus().length} ${process.arch} cores, shared with all of this and, by a load average of ${loadavg()[2]?.toFixed(0)} over the last quarter of an hour, with other work; Node.js ${process.versions.node}.
`;
}

const spaced = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const thousands = (value: number) => Math.round(value).toLocaleString("en");
