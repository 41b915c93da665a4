import middy from "@middy/core";
import { applyEvents } from "@turnpike/core/mirror";
import { openEnvelope } from "@turnpike/core/webhook";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type Stripe from "stripe";
import { clients } from "./clients.ts";
import { describe, log } from "./log.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";

/**
 * The queue's consumer: applies a batch of events to the mirror. Reports the messages that must come again, and only those:
 * a message is deleted only when its event is in the ledger.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }) => withSecrets(() => apply(Records)));

async function apply(records: SQSRecord[]): Promise<SQSBatchResponse> {
  const events = new Map<string, Stripe.Event>();
  const eventIdOf = new Map<string, string>();
  let refused = false;
  await Promise.all(
    records.map(async ({ messageId, body }) => {
      try {
        const event = await openEnvelope(clients, body);
        events.set(event.id, event);
        eventIdOf.set(messageId, event.id);
      } catch (error) {
        refused ||= isRefusal(error);
        log("error", "unreadable message", { messageId, ...describe(error) });
      }
    }),
  );

  const outcomes = await applyEvents(clients, [...events.values()], (error) => {
    refused ||= isRefusal(error);
    log("error", "events wait for Stripe", describe(error));
  });
  if (refused) await secrets.loadAgain();
  for (const [id, outcome] of outcomes) {
    const { type, created } = events.get(id) ?? {};
    const level = outcome === "failed" || outcome === "retry" ? "error" : "info";
    log(level, "event", { eventId: id, type, outcome, lagSeconds: created && Math.round(Date.now() / 1000 - created) });
  }

  const done = ({ messageId }: { messageId: string }) => {
    const outcome = outcomes.get(eventIdOf.get(messageId) ?? "");
    return outcome !== undefined && outcome !== "failed" && outcome !== "retry";
  };
  return { batchItemFailures: records.filter((r) => !done(r)).map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
