import type Stripe from "stripe";
import type { Contender, ContenderOptions } from "./contender.ts";
import { createWorkload, type Delivery, type State, sign, type Workload } from "./workload.ts";

export type Stage = "apply" | "verify + apply";
export const BATCHES = [1, 10, 100] as const;

/** What the two are compared under; each has its name in the report. */
export interface Condition {
  stage: Stage;
  network: "direct" | "2 ms of round trip";
  connections: 1 | 10;
}

export interface Comparison extends Condition {
  events: number;
  /** Events a second, the median of the rounds. */
  peer: number;
  turnpike: { batch: number; rate: number; ratio: number }[];
}

interface Contenders {
  turnpike(options: ContenderOptions): Contender;
  peer(options: ContenderOptions): Contender;
  urls: { turnpike: string; peer: string };
}

const WARM_UP_EVENTS = 1000;

/**
 * Compares the two under one condition. In each round the peer runs once and Turnpike once per size of batch, in the opposite
 * order the next time; a ratio is of two runs of the same round, and the median of all rounds is what counts.
 */
export async function compare(
  contenders: Contenders,
  condition: Condition,
  { events, rounds, beforeRun }: { events: number; rounds: number; beforeRun: () => Promise<unknown> },
  progress: (line: string) => void,
): Promise<Comparison> {
  const { connections, stage } = condition;
  const turnpike = contenders.turnpike({ url: contenders.urls.turnpike, connections });
  const peer = contenders.peer({ url: contenders.urls.peer, connections });
  const workload = createWorkload(events);
  const warmUp = createWorkload(WARM_UP_EVENTS);
  const entrants = [
    { name: "peer", contender: peer, batch: 1, rates: [] as number[] },
    ...BATCHES.map((batch) => ({
      name: `turnpike, batch ${batch}`,
      contender: turnpike,
      batch,
      rates: [] as number[],
    })),
  ];
  try {
    for (const { contender, batch } of entrants.slice(0, 2)) {
      await contender.reset();
      await run(contender, warmUp, { stage, batch, connections });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { name, contender, batch, rates } of round % 2 ? entrants.toReversed() : entrants) {
        await contender.reset();
        await beforeRun();
        const rate = await run(contender, workload, { stage, batch, connections });
        rates.push(rate);
        progress(`  round ${round + 1} of ${rounds}: ${name}: ${Math.round(rate)} events/s`);
      }
    }
  } finally {
    await Promise.all([turnpike.close(), peer.close()]);
  }
  const [peerRun, ...turnpikeRuns] = entrants;
  const peerRates = peerRun?.rates ?? [];
  return {
    ...condition,
    events,
    peer: median(peerRates),
    turnpike: turnpikeRuns.map(({ batch, rates }) => ({
      batch,
      rate: median(rates),
      ratio: median(rates.map((rate, round) => rate / (peerRates[round] ?? Number.NaN))),
    })),
  };
}

/** Feeds a workload, checks what became of it, and answers the events a second. Begins with empty tables or ends badly. */
async function run(
  contender: Contender,
  workload: Workload,
  { stage, batch, connections }: { stage: Stage; batch: number; connections: number },
): Promise<number> {
  const rate = await feed(contender, workload.bodies, { stage, batch, connections });
  const { subscriptions, invoices } = await contender.state(workload.bodies.length);
  assertSame(subscriptions, workload.subscriptions);
  assertSame(invoices, workload.invoices);
  return rate;
}

/** Everything that is not measured is done before the clock starts: signing, and for the apply stage alone, parsing. */
export async function feed(
  contender: Pick<Contender, "apply" | "verifyAndApply">,
  bodies: string[],
  { stage, batch, connections }: { stage: Stage; batch: number; connections: number },
): Promise<number> {
  const process =
    stage === "apply"
      ? batchesOf<Stripe.Event>(
          bodies.map((body) => JSON.parse(body)),
          batch,
        ).map((events) => () => contender.apply(events))
      : batchesOf<Delivery>(sign(bodies), batch).map((deliveries) => () => contender.verifyAndApply(deliveries));
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let work = process[next++]; work; work = process[next++]) await work();
    }),
  );
  return bodies.length / ((performance.now() - began) / 1000);
}

function batchesOf<Item>(items: Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

export function assertSame(found: State, expected: State): void {
  const wrong = [...expected].filter(([id, state]) => found.get(id) !== state);
  const [first] = wrong;
  if (!first && found.size === expected.size) return;
  throw new Error(
    `The final state is wrong: ${found.size} rows for ${expected.size} objects, ${wrong.length} differ` +
      (first ? `, such as ${first[0]}: "${found.get(first[0])}" in place of "${first[1]}"` : ""),
  );
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] = sorted.slice(sorted.length % 2 ? middle : middle - 1, middle + 1);
  return (low + high) / 2;
}
