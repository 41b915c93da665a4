import middy from "@middy/core";
import { reconcile } from "@turnpike/core/reconcile";
import { toEnvelope } from "@turnpike/core/webhook";
import { clients, config } from "./config.ts";
import { count, log, reportFailure } from "./log.ts";
import { sendMessages } from "./queue.ts";

/** On a schedule: queues the events that the webhook missed. */
export const handler = middy().handler(async () => {
  const { listed, queued } = await reportFailure(() =>
    reconcile({
      stripe: clients.stripe,
      supabase: clients.supabase,
      enqueue: (events) => sendMessages(config.eventsQueueUrl, events.map(toEnvelope)),
    }),
  );
  log(queued > 0 ? "warn" : "info", "reconciled", { listed, queued });
  count("ReconcileGap", queued);
});
