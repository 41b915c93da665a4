import middy from "@middy/core";
import { type Applied, applyEvents, OtherAccountError, type Outcome, UnknownObjectError } from "@turnpike/core/mirror";
import { isOfPinnedVersion, isUnreadable, openEnvelope } from "@turnpike/core/webhook";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type Stripe from "stripe";
import { clients } from "./clients.ts";
import { type Failed, letComeAgain, waitedOf } from "./come-again.ts";
import { describe, log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";
import { wakeRelay } from "./wake-relay.ts";

/**
 * The queue's consumer: applies a batch of events to the mirror. Reports the messages that must come again, and only those:
 * a message is deleted only when its event is in the ledger, or it is a dead letter.
 */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler(({ Records }, { awsRequestId }) =>
  reportFailure(async () => {
    try {
      return await withSecrets(() => apply(Records, awsRequestId));
    } catch (error) {
      const failed = Records.map((record) => ({ record, forItsOwnSake: false }));
      emit({ failed: failed.length, ...waitedOf(failed) });
      await letComeAgain(failed);
      throw error;
    }
  }),
);

/** What the service level is counted by: docs/runbook.md#eventsslow. */
const LATE_S = 60;

async function apply(records: SQSRecord[], requestId: string): Promise<SQSBatchResponse> {
  const opened = await open(records, requestId);
  const { events } = opened;
  countReceived(opened.uncounted);
  const applied = await applyEvents(clients, [...events.values()]).catch((error) => {
    if (error instanceof OtherAccountError) emit({ otherAccount: events.size });
    throw error;
  });
  const { outcomes, ambiguous, errors } = applied;
  for (const error of errors) log("error", "events come again", { requestId, ...describe(error) });
  if (opened.keyRefused || errors.some(isRefusal)) await secrets.loadAgain();
  const lag = logOutcomes(requestId, events, applied);
  if (applied.noticed) await wakeRelay();

  const failed = failedOf(records, opened, applied);
  const count = (wanted: Outcome) => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  const otherAccount = count("refused") + errors.filter((error) => error instanceof UnknownObjectError).length;
  emit({
    applied: count("applied"),
    stale: count("stale"),
    duplicate: count("duplicate"),
    ambiguous,
    otherAccount,
    failed: failed.length,
    lag,
    late: lag.filter((seconds) => seconds > LATE_S).length,
    ...waitedOf(failed),
  });
  const again = await letComeAgain(failed);
  return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

interface Opened {
  events: Map<string, Stripe.Event>;
  /** The id of the event in a message, by the message's. */
  eventIds: Map<string, string>;
  /** The messages that no later try will open. */
  unreadable: Set<string>;
  /** What came by EventBridge, which no receiver has counted. */
  uncounted: Stripe.Event[];
  keyRefused: boolean;
}

async function open(records: SQSRecord[], requestId: string): Promise<Opened> {
  const opened: Opened = {
    events: new Map(),
    eventIds: new Map(),
    unreadable: new Set(),
    uncounted: [],
    keyRefused: false,
  };
  await Promise.all(
    records.map(async ({ messageId, body, attributes }) => {
      try {
        const { event, fromEventBridge } = await openEnvelope(clients, body);
        opened.events.set(event.id, event);
        opened.eventIds.set(messageId, event.id);
        if (fromEventBridge && attributes.ApproximateReceiveCount === "1") opened.uncounted.push(event);
      } catch (error) {
        opened.keyRefused ||= isRefusal(error);
        if (isUnreadable(error)) opened.unreadable.add(messageId);
        log("error", "unreadable message", { requestId, messageId, ...describe(error) });
      }
    }),
  );
  return opened;
}

function countReceived(events: Stripe.Event[]): void {
  if (events.length === 0) return;
  const others = events.filter((event) => !isOfPinnedVersion(event));
  emit({ received: events.length, apiVersionMismatch: others.length });
}

/** The messages whose events are not done with. */
function failedOf(records: SQSRecord[], { eventIds, unreadable }: Opened, { outcomes, reasons }: Applied): Failed[] {
  return records.flatMap((record) => {
    const eventId = eventIds.get(record.messageId) ?? "";
    const outcome = outcomes.get(eventId);
    if (outcome !== undefined && outcome !== "failed" && outcome !== "retry") return [];
    const isUnknown = reasons.get(eventId) === UnknownObjectError.CODE;
    return [{ record, forItsOwnSake: outcome === "failed" || isUnknown || unreadable.has(record.messageId) }];
  });
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
