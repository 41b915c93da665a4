import { setTimeout as sleep } from "node:timers/promises";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import type { LocalFunction } from "../lambda/local-function.ts";
import type { ConsumerDescription } from "../stacks/description.ts";
import { failedMessageIds } from "./batch-result.ts";
import type { LocalQueue, LocalSqs } from "./sqs.ts";
import { toSqsEvent } from "./sqs-event.ts";

// SQS hands out, deletes and changes at most ten messages a call.
const SQS_BATCH = 10;
// A batching window pays on AWS, where an invocation costs money; on a laptop somebody waits for the row.
const MAX_WINDOW_SECONDS = 1;
const WINDOW_POLL_MS = 50;
const LONG_POLL_SECONDS = 20;
const RETRY_AFTER_ERROR_MS = 1000;

export interface PollerOptions {
  sqs: LocalSqs;
  queue: LocalQueue;
  consumer: ConsumerDescription;
  /** How soon a failed message is visible again, in seconds; default: when its visibility timeout ends, as on AWS. */
  retryAfterSeconds?: number | undefined;
  fn: LocalFunction;
  log(line: string): void;
}

export interface Poller {
  /** Makes the messages that have failed visible now, not only when their visibility timeout ends. */
  retryFailed(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lambda's event source mapping: gathers messages to batches, invokes the consumer, and deletes what it has not
 * reported as failed. The rest comes back after the queue's visibility timeout, and goes to the dead-letter queue by
 * the queue's own redrive policy. Unlike Lambda it has one batch under way at a time.
 */
export function startPoller(options: PollerOptions): Poller {
  const { sqs, queue, consumer, log } = options;
  const stop = new AbortController();
  const failed: FailedMessages = new Map();
  const report = (error: unknown) => log(`${queue.name}: ${error instanceof Error ? error.message : error}`);

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const messages = await gather(sqs, queue, consumer, stop.signal);
        if (messages.length > 0) await deliver(messages, options, failed);
      } catch (error) {
        if (stop.signal.aborted) return;
        report(error);
        await sleep(RETRY_AFTER_ERROR_MS);
      }
    }
  }

  const running = run();
  return {
    async retryFailed() {
      const handles = [...failed.values()];
      failed.clear();
      await changeVisibility(sqs, queue, handles, 0).catch(report);
    },
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** Receipt handles by message id. */
type FailedMessages = Map<string, string>;

async function deliver(messages: Message[], options: PollerOptions, failed: FailedMessages): Promise<void> {
  const { sqs, queue, consumer, retryAfterSeconds, fn, log } = options;
  const started = performance.now();
  const invocation = await fn.invoke(toSqsEvent(messages, queue, sqs.region));
  const ids = new Set(messages.map((message) => message.MessageId ?? ""));
  const failures = failedMessageIds(invocation, ids, consumer.reportsBatchItemFailures);
  const done: string[] = [];
  const toRetry: string[] = [];
  for (const { MessageId: id = "", ReceiptHandle: handle = "" } of messages) {
    failed.delete(id);
    if (!failures.has(id)) done.push(handle);
    else if (retryAfterSeconds === undefined) failed.set(id, handle);
    else toRetry.push(handle);
  }
  await deleteMessages(sqs, queue, done);
  await changeVisibility(sqs, queue, toRetry, retryAfterSeconds ?? 0);
  const duration = Math.round(performance.now() - started);
  const counts = `${messages.length} received, ${failures.size} failed`;
  log(`${queue.name}: ${counts}, in ${duration} ms  ${consumer.functionName}`);
}

/** Waits for a first message, then fills the batch until it is full or the window has passed. */
async function gather(
  sqs: LocalSqs,
  queue: LocalQueue,
  { batchSize, windowSeconds }: ConsumerDescription,
  signal: AbortSignal,
): Promise<Message[]> {
  const receive = async (wanted: number, waitSeconds: number) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: Math.min(wanted, SQS_BATCH),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    return (await sqs.client.send(command, { abortSignal: signal })).Messages ?? [];
  };
  const messages = await receive(batchSize, LONG_POLL_SECONDS);
  const end = performance.now() + Math.min(windowSeconds, MAX_WINDOW_SECONDS) * 1000;
  while (messages.length > 0 && messages.length < batchSize && performance.now() < end && !signal.aborted) {
    const more = await receive(batchSize - messages.length, 0);
    messages.push(...more);
    if (more.length === 0) await sleep(WINDOW_POLL_MS);
  }
  return messages;
}

async function deleteMessages({ client }: LocalSqs, { url: QueueUrl }: LocalQueue, handles: string[]): Promise<void> {
  for (const Entries of entries(handles)) await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
}

async function changeVisibility(
  { client }: LocalSqs,
  { url: QueueUrl }: LocalQueue,
  handles: string[],
  VisibilityTimeout: number,
): Promise<void> {
  for (const batch of entries(handles)) {
    const Entries = batch.map((entry) => ({ ...entry, VisibilityTimeout }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

function* entries(handles: string[]): Generator<{ Id: string; ReceiptHandle: string }[]> {
  for (let from = 0; from < handles.length; from += SQS_BATCH) {
    yield handles.slice(from, from + SQS_BATCH).map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
  }
}
