import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import { toEnvelope } from "@turnpike/core/webhook";
import { clients, config } from "./config.ts";
import { log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { sendMessages } from "./queue.ts";

/** On a schedule: queues the events that the webhook missed. */
export const handler = middy().handler(async () => {
  const { listed, queued, missed } = await reportFailure(() =>
    reconcile({
      stripe: clients.stripe,
      supabase: clients.supabase,
      enqueue: (events) => sendMessages(config.eventsQueueUrl, events.map(toEnvelope)),
    }),
  );
  log(missed > 0 ? "warn" : "info", "reconciled", { listed, queued, missed });
  emit({ reconcileGap: missed });
});
