import type Stripe from "stripe";
import type { Contender, ContenderOptions } from "./contender.ts";
import { createWorkload, type Delivery, type State, sign, WARM_UP_SEED, type Workload } from "./workload.ts";

export type Stage = "apply" | "verify + apply";
export const BATCHES = [1, 10, 100] as const;

/** What the systems are compared under; each has its name in the report. */
export interface Condition {
  stage: Stage;
  network: "direct" | "2 ms of round trip";
  connections: 1 | 10;
}

/** Something that takes part with one size of batch, and the database that it has for itself. */
export interface System {
  name: string;
  batch: number;
  url: string;
  create(options: ContenderOptions): Contender | Promise<Contender>;
}

export interface Run {
  system: string;
  batch: number;
  /** Events a second, by slice. */
  rates: number[];
}

export interface Comparison extends Condition {
  events: number;
  runs: Run[];
}

interface Entrant extends Run {
  contender: Contender;
}

/** Enough for ten connections to have a batch of a hundred each. */
const SLICE_EVENTS = 1000;

/**
 * Compares systems under one condition. All go through the same events side by side, a slice each in turn and in the opposite order
 * the next time: two rates of one slice were measured on a machine in about the same mood, however that changes.
 */
export async function compare(
  systems: System[],
  condition: Condition,
  { events, rounds, beforeRound }: { events: number; rounds: number; beforeRound: () => Promise<unknown> },
  progress: (line: string) => void,
): Promise<Comparison> {
  const { connections } = condition;
  const entrants = await Promise.all(
    systems.map(async ({ name, batch, url, create }): Promise<Entrant> => {
      return { system: name, batch, rates: [], contender: await create({ url, connections }) };
    }),
  );
  const workload = createWorkload(events);
  // Each of ten connections meets every statement, with each size of batch.
  const warmUp = createWorkload(Math.min(events, SLICE_EVENTS), WARM_UP_SEED);
  try {
    for (let round = 1; round <= rounds; round++) {
      await beforeRound();
      await runSideBySide(entrants, warmUp, workload, condition);
      const rates = entrants.map(({ system, batch, rates }) => `${system} ${batch}: ${Math.round(median(rates))}`);
      progress(`  round ${round} of ${rounds}, events/s so far: ${rates.join(", ")}`);
    }
  } finally {
    await Promise.all(entrants.map(({ contender }) => contender.close()));
  }
  return { ...condition, events, runs: entrants.map(({ system, batch, rates }) => ({ system, batch, rates })) };
}

/**
 * Begins with empty tables and ends badly when the last state is wrong. Emptying a table makes every connection plan its statements
 * anew, which a system that runs for longer than a second does not spend its time on: so other events come first, uncounted.
 */
async function runSideBySide(
  entrants: Entrant[],
  warmUp: Workload,
  workload: Workload,
  { stage, connections }: Condition,
) {
  for (const { contender, batch } of entrants) {
    await contender.reset([...warmUp.customers, ...workload.customers]);
    await feed(contender, warmUp.bodies, { stage, batch, connections });
  }
  for (const [place, bodies] of batchesOf(workload.bodies, SLICE_EVENTS).entries()) {
    for (const { contender, batch, rates } of place % 2 ? entrants.toReversed() : entrants) {
      rates.push(await feed(contender, bodies, { stage, batch, connections }));
    }
  }
  for (const { contender } of entrants) {
    const state = await contender.state(warmUp.bodies.length + workload.bodies.length);
    if (!state) continue;
    assertSame(state.subscriptions, new Map([...warmUp.subscriptions, ...workload.subscriptions]));
    assertSame(state.invoices, new Map([...warmUp.invoices, ...workload.invoices]));
  }
}

/** The median rate; undefined when that system did not run. */
export function rateOf({ runs }: Comparison, system: string, batch: number): number | undefined {
  const run = runs.find((one) => one.system === system && one.batch === batch);
  return run && median(run.rates);
}

/** How many times the rate of the second the first had: the median of the slices' ratios. Undefined when one did not run. */
export function ratioOf(
  { runs }: Comparison,
  [system, batch]: readonly [string, number],
  [other, otherBatch]: readonly [string, number],
): number | undefined {
  const one = runs.find((run) => run.system === system && run.batch === batch);
  const two = runs.find((run) => run.system === other && run.batch === otherBatch);
  return one && two && median(one.rates.map((rate, slice) => rate / (two.rates[slice] ?? Number.NaN)));
}

/** Everything that is not measured is done before the clock starts: signing, and for the apply stage alone, parsing. */
export async function feed(
  contender: Pick<Contender, "apply" | "prepare" | "verifyAndApply">,
  bodies: string[],
  { stage, batch, connections }: { stage: Stage; batch: number; connections: number },
): Promise<number> {
  const process =
    stage === "apply"
      ? await Promise.all(
          batchesOf<Stripe.Event>(
            bodies.map((body) => JSON.parse(body)),
            batch,
          ).map(async (events) => (await contender.prepare?.(events)) ?? (() => contender.apply(events))),
        )
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

export function batchesOf<Item>(items: Item[], size: number): Item[][] {
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
