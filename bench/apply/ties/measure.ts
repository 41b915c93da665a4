import { setTimeout as sleep } from "node:timers/promises";
import type Stripe from "stripe";
import type { Contender } from "../contender.ts";
import { batchesOf, type System } from "../measure.ts";
import type { State } from "../workload.ts";
import { startEmulatedStripe } from "./emulated-stripe.ts";
import { recordHistory } from "./history.ts";

export interface TiesRun {
  system: string;
  batch: number;
  right: number;
  seconds: number;
  requests: number;
  refused: number;
}

export interface Ties {
  events: number;
  tied: number;
  unpaid: number;
  rows: number;
  runs: TiesRun[];
}

// A queue's shortest, and far shorter than Stripe's: whoever asks too much is not made to wait for it here.
const REDELIVERY_MS = 1000;
const DELIVERIES = 100;

/**
 * Feeds the same history to each system, over one connection, and counts the rows that end as Stripe holds them. What a system
 * refuses, because Stripe refuses it, is delivered again a second later.
 */
export async function measureTies(
  systems: System[],
  { subscriptions, beforeRun }: { subscriptions: number; beforeRun: () => Promise<unknown> },
  progress: (line: string) => void,
): Promise<Ties> {
  const emulated = await startEmulatedStripe();
  try {
    const { events, tied, unpaid, truth } = await recordHistory(emulated, subscriptions);
    const rows = truth.subscriptions.size + truth.invoices.size;
    progress(`  ${events.length} events, ${tied} of them tied, ${unpaid} of unpaid invoices; ${rows} rows`);
    const runs: TiesRun[] = [];
    for (const { name, batch, url, create } of systems) {
      const contender = await create({ url, connections: 1, stripeUrl: emulated.limitedUrl });
      try {
        await contender.reset();
        await beforeRun();
        emulated.takeCounts();
        const began = performance.now();
        await deliver(contender, events, batch);
        const seconds = (performance.now() - began) / 1000;
        const state = await contender.state();
        const right =
          countRight(state?.subscriptions, truth.subscriptions) + countRight(state?.invoices, truth.invoices);
        runs.push({ system: name, batch, right, seconds, ...emulated.takeCounts() });
        progress(`  ${name}, batch ${batch}: ${right} of ${rows} rows are right, ${seconds.toFixed(1)} s`);
      } finally {
        await contender.close();
      }
    }
    return { events: events.length, tied, unpaid, rows, runs };
  } finally {
    await emulated.close();
  }
}

async function deliver(contender: Contender, events: Stripe.Event[], size: number): Promise<void> {
  let waiting = events;
  for (let delivery = 1; waiting.length > 0 && delivery <= DELIVERIES; delivery++) {
    if (delivery > 1) await sleep(REDELIVERY_MS);
    const again: Stripe.Event[] = [];
    for (const batch of batchesOf(waiting, size)) {
      // One that throws has refused the delivery, as an endpoint that answers 500 does.
      again.push(...(await contender.apply(batch).catch(() => batch)));
    }
    waiting = again;
  }
}

const countRight = (found: State = new Map(), truth: State) =>
  [...truth].filter(([id, state]) => found.get(id) === state).length;
