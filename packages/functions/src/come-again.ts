import type { SQSRecord } from "aws-lambda";
import { callAws } from "./aws.ts";
import { bindings } from "./bindings.ts";
import { describe, log } from "./log.ts";
import { sendMessages } from "./queue.ts";

/** How long a message waits that has failed, in seconds, by how often it was received. The last pause holds for all that follow. */
export const PAUSES_S = [5, 30, 120, 600] as const;
/**
 * By how much a pause is longer or shorter. What failed together does not come back together: a message at which a whole batch
 * fails would do that to the same ones each time.
 */
export const JITTER = 0.25;
/** How often a message is tried that fails for its own sake, and not because something does not answer. */
export const TRIES = 5;

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
const MOST_CHANGES = 10;

/** A message that is not done with. */
export interface Failed {
  record: SQSRecord;
  /** It will fail whenever it is tried, until somebody mends the cause. */
  forItsOwnSake: boolean;
}

/**
 * Decides when messages that have failed are tried again: in seconds, then in minutes, for as long as the queue allows. Those that
 * fail for their own sake go to the dead letters after five times; all others wait for whatever does not answer.
 * @returns those that stay in the queue; the consumer reports them as failed
 */
export async function letComeAgain(failed: Failed[]): Promise<SQSRecord[]> {
  const hopeless = failed.filter(({ record, forItsOwnSake }) => forItsOwnSake && receivedOf(record) >= TRIES);
  const buried = await bury(hopeless.map(({ record }) => record));
  const again = failed.flatMap(({ record }) => (buried.has(record) ? [] : [record]));
  await putOff(again);
  return again;
}

/** For how long, in seconds, the oldest has waited of those that failed because something does not answer. */
export function waitedOf(failed: Failed[]): { waited?: number } {
  const sent = failed.flatMap(({ record, forItsOwnSake }) =>
    forItsOwnSake ? [] : [Number(record.attributes.SentTimestamp)],
  );
  return sent.length === 0 ? {} : { waited: Math.round((Date.now() - Math.min(...sent)) / 1000) };
}

/** Once they are among the dead letters nobody needs them in the queue. What cannot be sent there is tried once more. */
async function bury(records: SQSRecord[]): Promise<Set<SQSRecord>> {
  if (records.length === 0) return new Set();
  try {
    const refused = await sendMessages(
      bindings.deadLettersUrl,
      records.map(({ body }) => body),
    );
    const places = new Set(refused.map(({ index }) => index));
    return new Set(records.filter((_, place) => !places.has(place)));
  } catch (error) {
    log("warn", "dead letters were not taken", describe(error));
    return new Set();
  }
}

/** When this fails they come again all the same, when the queue's visibility time-out ends. */
async function putOff(records: SQSRecord[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(records.length / MOST_CHANGES) }, (_, place) =>
    records.slice(place * MOST_CHANGES, (place + 1) * MOST_CHANGES),
  );
  const changes = await Promise.allSettled(batches.map(changeVisibility));
  for (const change of changes)
    if (change.status === "rejected") log("warn", "messages come again late", describe(change.reason));
}

async function changeVisibility(records: SQSRecord[]): Promise<void> {
  const { eventsQueueUrl } = bindings;
  await callAws({
    service: "sqs",
    url: new URL(eventsQueueUrl),
    version: "1.0",
    target: "AmazonSQS.ChangeMessageVisibilityBatch",
    input: {
      QueueUrl: eventsQueueUrl,
      Entries: records.map((record, place) => ({
        Id: String(place),
        ReceiptHandle: record.receiptHandle,
        VisibilityTimeout: pauseAfter(receivedOf(record)),
      })),
    },
  });
}

function pauseAfter(received: number): number {
  const pause = PAUSES_S[Math.min(received, PAUSES_S.length) - 1] ?? PAUSES_S[0];
  return Math.round(pause * (1 - JITTER + 2 * JITTER * Math.random()));
}

const receivedOf = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount);
