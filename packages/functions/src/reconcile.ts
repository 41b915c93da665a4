import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import { clients } from "./clients.ts";
import { enqueueEvents } from "./events-queue.ts";
import { log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { withSecrets } from "./secrets.ts";

/** On a schedule: queues the events that the webhook missed. */
export const handler = middy().handler(async () => {
  const { listed, queued, missed, refused } = await reportFailure(() =>
    withSecrets(() => reconcile({ ...clients, enqueue: enqueueEvents })),
  );
  log(missed + refused > 0 ? "warn" : "info", "reconciled", { listed, queued, missed, refused });
  emit({ reconcileGap: missed, failed: refused });
});
