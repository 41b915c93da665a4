import { type SentEvent, toEnvelope, toIdEnvelope } from "@turnpike/core/webhook";
import type { OpenQueue } from "../target/queues.ts";

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const MOST_MESSAGES = 10;
const LARGEST_BYTES = 1_048_576;

/**
 * Puts events where the consumer finds them.
 * @returns those that the queue will never take, even by their ids
 */
export async function sendEvents<Event extends SentEvent>(
  queue: OpenQueue,
  events: Event[],
): Promise<{ event: Event; reason: string }[]> {
  const whole = events.map((event) => ({ event, body: toEnvelope(event, LARGEST_BYTES) }));
  const refused = (await send(queue, whole)).map(({ event }) => ({ event, body: toIdEnvelope(event) }));
  return (await send(queue, refused)).map(({ event, code }) => ({ event, reason: `The queue refused it: ${code}` }));
}

async function send<Event>({ client, url }: OpenQueue, messages: { event: Event; body: string }[]) {
  const { SendMessageBatchCommand } = await import("@aws-sdk/client-sqs");
  const refused: { event: Event; code: string }[] = [];
  for (const batch of batchesOf(messages)) {
    const Entries = batch.map(({ body }, place) => ({ Id: String(place), MessageBody: body }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    for (const { Id, Code = "unknown" } of Failed) {
      const message = batch[Number(Id)];
      if (message) refused.push({ event: message.event, code: Code });
    }
  }
  return refused;
}

function batchesOf<Message extends { body: string }>(messages: Message[]): Message[][] {
  const batches: Message[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const last = batches.at(-1);
    bytes += message.body.length;
    if (last && last.length < MOST_MESSAGES && bytes <= LARGEST_BYTES) last.push(message);
    else {
      batches.push([message]);
      bytes = message.body.length;
    }
  }
  return batches;
}
