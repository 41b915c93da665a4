import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import { toEnvelope } from "@turnpike/core/webhook";
import { bindings } from "./bindings.ts";
import { clients } from "./clients.ts";
import { count, log } from "./log.ts";
import { sendMessages } from "./queue.ts";
import { withSecrets } from "./secrets.ts";

/** On a schedule: queues the events that the webhook missed. */
export const handler = middy().handler(async () => {
  const { listed, queued } = await withSecrets(() =>
    reconcile({ ...clients, enqueue: (events) => sendMessages(bindings.eventsQueueUrl, events.map(toEnvelope)) }),
  );
  log(queued > 0 ? "warn" : "info", "reconciled", { listed, queued });
  count("ReconcileGap", queued);
});
