import type { Message } from "@aws-sdk/client-sqs";
import type { OpenQueue } from "../target/queues.ts";

/** A message that failed too often, and the event in it. */
export interface DeadLetter {
  messageId: string;
  /** Nothing where the message cannot be read. */
  eventId: string | null;
  /** Nothing where the message holds the id alone. */
  type: string | null;
  sentAt: Date;
  body: string;
  receiptHandle: string;
}

// Long enough to look at all of them, and to ask what is to be done. Whoever dies meanwhile has taken nothing away.
const HIDDEN_S = 120;
const MOST_AT_A_TIME = 10;

/**
 * Takes all that waits there into our hands for two minutes: what is not deleted goes back, see `giveBack`.
 * @param signal where it is aborted no more are taken
 */
export async function takeDeadLetters(
  { client, url }: OpenQueue,
  most: number,
  signal: AbortSignal,
): Promise<DeadLetter[]> {
  const { ReceiveMessageCommand } = await import("@aws-sdk/client-sqs");
  const taken = new Map<string, DeadLetter>();
  // An empty answer may come of one part of the queue alone.
  for (let empty = 0; empty < 2 && taken.size < most && !signal.aborted; ) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: Math.min(MOST_AT_A_TIME, most - taken.size),
        VisibilityTimeout: HIDDEN_S,
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ["SentTimestamp"],
      }),
    );
    empty = Messages.length === 0 ? empty + 1 : 0;
    for (const message of Messages) taken.set(message.MessageId ?? "", letterOf(message));
  }
  return [...taken.values()].sort((one, other) => one.sentAt.getTime() - other.sentAt.getTime());
}

/** Makes messages visible again that were only looked at. */
export async function giveBack({ client, url }: OpenQueue, letters: DeadLetter[]): Promise<void> {
  const { ChangeMessageVisibilityBatchCommand } = await import("@aws-sdk/client-sqs");
  for (const batch of tens(letters)) {
    const Entries = batch.map(({ receiptHandle: ReceiptHandle }, place) => ({
      Id: String(place),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
  }
}

/** Sends a message to the queue that it failed in, and takes it away here. Cut off between the two, it comes twice. */
export async function redrive(letter: DeadLetter, from: OpenQueue, to: OpenQueue): Promise<void> {
  const { SendMessageCommand } = await import("@aws-sdk/client-sqs");
  await to.client.send(new SendMessageCommand({ QueueUrl: to.url, MessageBody: letter.body }));
  await drop(letter, from);
}

/** Deletes a message for good. */
export async function drop({ receiptHandle }: DeadLetter, { client, url }: OpenQueue): Promise<void> {
  const { DeleteMessageCommand } = await import("@aws-sdk/client-sqs");
  await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle }));
}

function letterOf({ MessageId = "", Body = "", ReceiptHandle = "", Attributes }: Message): DeadLetter {
  const { event, eventId } = read(Body);
  return {
    messageId: MessageId,
    eventId: textOf(event?.id) ?? textOf(eventId),
    type: textOf(event?.type),
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    body: Body,
    receiptHandle: ReceiptHandle,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function read(body: string): { event?: { id?: unknown; type?: unknown }; eventId?: unknown } {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

function tens<Item>(items: Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / 10) }, (_, place) => items.slice(place * 10, place * 10 + 10));
}
