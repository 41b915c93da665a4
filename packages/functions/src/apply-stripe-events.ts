import middy from "@middy/core";
import { applyEvents } from "@turnpike/core/mirror";
import { openEnvelope } from "@turnpike/core/webhook";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type Stripe from "stripe";
import { clients } from "./config.ts";
import { describe, log, reportFailure } from "./log.ts";

/**
 * The queue's consumer: applies a batch of events to the mirror. Reports the messages that must come again, and only those:
 * a message is deleted only when its event is in the ledger.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async ({ Records }) => {
  const events = new Map<string, Stripe.Event>();
  const eventIdOf = new Map<string, string>();
  await Promise.all(
    Records.map(async ({ messageId, body }) => {
      try {
        const event = await openEnvelope(clients.stripe, body);
        events.set(event.id, event);
        eventIdOf.set(messageId, event.id);
      } catch (error) {
        log("error", "unreadable message", { messageId, ...describe(error) });
      }
    }),
  );

  const outcomes = await reportFailure(() =>
    applyEvents(clients, [...events.values()], (error) => log("error", "events wait for Stripe", describe(error))),
  );
  for (const [id, outcome] of outcomes) {
    const { type, created } = events.get(id) ?? {};
    const level = outcome === "failed" || outcome === "retry" ? "error" : "info";
    log(level, "event", { eventId: id, type, outcome, lagSeconds: created && Math.round(Date.now() / 1000 - created) });
  }

  const done = ({ messageId }: { messageId: string }) => {
    const outcome = outcomes.get(eventIdOf.get(messageId) ?? "");
    return outcome !== undefined && outcome !== "failed" && outcome !== "retry";
  };
  return { batchItemFailures: Records.filter((r) => !done(r)).map(({ messageId }) => ({ itemIdentifier: messageId })) };
});
