import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import type { Context } from "aws-lambda";
import { clients } from "./clients.ts";
import { enqueueEvents } from "./events-queue.ts";
import { log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { withSecrets } from "./secrets.ts";

// A page that is begun when the time is over has this long: Stripe, Postgres and SQS may each be slow to answer.
const LAST_PAGE_MS = 90_000;

/** On a schedule: queues the events that the webhook missed, and goes on with it until its time is over. */
export const handler = middy<unknown, void, Error, Context>().handler((_, context) =>
  reportFailure(() => withSecrets(() => run(performance.now() + context.getRemainingTimeInMillis() - LAST_PAGE_MS))),
);

async function run(until: number): Promise<void> {
  const { error, ...found } = await reconcile({ ...clients, enqueue: enqueueEvents, until });
  const { missed, refused, through, behindSeconds } = found;
  log(missed + refused > 0 ? "warn" : "info", through ? "reconciled" : "reconciliation goes on", { ...found });
  // The alarm for runs that do not end well waits for the gap, be it none. A gap that was found is told in any case.
  const gap = error === undefined || missed > 0 ? { reconcileGap: missed } : {};
  emit({ ...gap, failed: refused, reconcileBehind: behindSeconds });
  if (error !== undefined) throw error;
}
