import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import { toEnvelope } from "@turnpike/core/webhook";
import { bindings } from "./bindings.ts";
import { clients } from "./clients.ts";
import { log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { sendMessages } from "./queue.ts";
import { withSecrets } from "./secrets.ts";

/** On a schedule: queues the events that the webhook missed. */
export const handler = middy().handler(async () => {
  const { listed, queued, missed } = await reportFailure(() =>
    withSecrets(() =>
      reconcile({ ...clients, enqueue: (events) => sendMessages(bindings.eventsQueueUrl, events.map(toEnvelope)) }),
    ),
  );
  log(missed > 0 ? "warn" : "info", "reconciled", { listed, queued, missed });
  emit({ reconcileGap: missed });
});
