import middy from "@middy/core";
import { type Applied, applyEvents, OtherAccountError, type Outcome, UnknownObjectError } from "@turnpike/core/mirror";
import { isOfPinnedVersion, openEnvelope } from "@turnpike/core/webhook";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type Stripe from "stripe";
import { clients } from "./clients.ts";
import { describe, log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";
import { wakeRelay } from "./wake-relay.ts";

/**
 * The queue's consumer: applies a batch of events to the mirror. Reports the messages that must come again, and only those:
 * a message is deleted only when its event is in the ledger.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }, { awsRequestId }) =>
  reportFailure(() => withSecrets(() => apply(Records, awsRequestId))),
);

async function apply(records: SQSRecord[], requestId: string): Promise<SQSBatchResponse> {
  const events = new Map<string, Stripe.Event>();
  const eventIdOf = new Map<string, string>();
  const uncounted: Stripe.Event[] = [];
  let keyRefused = false;
  await Promise.all(
    records.map(async ({ messageId, body, attributes }) => {
      try {
        const { event, fromEventBridge } = await openEnvelope(clients, body);
        events.set(event.id, event);
        eventIdOf.set(messageId, event.id);
        if (fromEventBridge && attributes.ApproximateReceiveCount === "1") uncounted.push(event);
      } catch (error) {
        keyRefused ||= isRefusal(error);
        log("error", "unreadable message", { requestId, messageId, ...describe(error) });
      }
    }),
  );

  if (uncounted.length > 0) {
    const others = uncounted.filter((event) => !isOfPinnedVersion(event));
    emit({ received: uncounted.length, apiVersionMismatch: others.length });
  }
  const applied = await applyEvents(clients, [...events.values()]).catch((error) => {
    if (error instanceof OtherAccountError) emit({ otherAccount: events.size });
    throw error;
  });
  const { outcomes, ambiguous, errors } = applied;
  for (const error of errors) {
    keyRefused ||= isRefusal(error);
    log("error", "events come again", { requestId, ...describe(error) });
  }
  if (keyRefused) await secrets.loadAgain();
  const lag = logOutcomes(requestId, events, applied);
  if (applied.noticed) await wakeRelay();

  const done = ({ messageId }: { messageId: string }) => {
    const outcome = outcomes.get(eventIdOf.get(messageId) ?? "");
    return outcome !== undefined && outcome !== "failed" && outcome !== "retry";
  };
  const failures = records.filter((record) => !done(record));
  const count = (wanted: Outcome) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  const otherAccount = count("refused") + errors.filter((error) => error instanceof UnknownObjectError).length;
  emit({
    applied: count("applied"),
    stale: count("stale"),
    duplicate: count("duplicate"),
    ambiguous,
    otherAccount,
    failed: failures.length,
    lag,
  });
  return { batchItemFailures: failures.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** One line per event. Answers how long those that were applied took, in seconds since Stripe made them. */
function logOutcomes(requestId: string, events: Map<string, Stripe.Event>, { outcomes, reasons }: Applied): number[] {
  const lag: number[] = [];
  for (const [eventId, outcome] of outcomes) {
    const { type, created = 0 } = events.get(eventId) ?? {};
    const lagSeconds = Math.round(Date.now() / 1000 - created);
    if (outcome === "applied") lag.push(lagSeconds);
    const level = outcome === "failed" || outcome === "refused" || outcome === "retry" ? "error" : "info";
    log(level, "event", { requestId, eventId, type, outcome, reason: reasons.get(eventId), lagSeconds });
  }
  return lag;
}
