import { OwnError } from "@turnpike/core/errors";
import { callAws } from "./aws.ts";

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
const MOST_MESSAGES = 10;
/** Of one message, and of a batch of them together, in bytes: 1 MiB. */
export const LARGEST_MESSAGE = 1_048_576;

export interface RefusedMessage {
  /** Its place among those that were to be sent. */
  index: number;
  /** SQS's code, such as `InvalidMessageContents`. */
  code: string;
}

/**
 * Puts messages on a queue, in as many calls as their number and size ask for. Resolves when SQS has each, or will not have it.
 * @param bodies ASCII, so that a character is a byte
 * @returns those that SQS will not have, whenever they are sent
 * @throws when it does not answer, or had trouble of its own with one of them
 */
export async function sendMessages(queueUrl: string, bodies: string[]): Promise<RefusedMessage[]> {
  const refused: RefusedMessage[] = [];
  for (const batch of batchesOf(bodies)) refused.push(...(await sendBatch(queueUrl, batch)));
  return refused;
}

interface Message {
  index: number;
  body: string;
}

function batchesOf(bodies: string[]): Message[][] {
  const batches: Message[][] = [];
  let bytes = 0;
  for (const [index, body] of bodies.entries()) {
    const last = batches.at(-1);
    bytes += body.length;
    if (last && last.length < MOST_MESSAGES && bytes <= LARGEST_MESSAGE) {
      last.push({ index, body });
    } else {
      batches.push([{ index, body }]);
      bytes = body.length;
    }
  }
  return batches;
}

interface Failure {
  Id: string;
  Code: string;
  /** The message is wrong, and will be whenever it is sent. */
  SenderFault: boolean;
}

async function sendBatch(queueUrl: string, batch: Message[]): Promise<RefusedMessage[]> {
  const { Failed = [] } = await callAws<{ Failed?: Failure[] }>({
    service: "sqs",
    url: new URL(queueUrl),
    version: "1.0",
    target: "AmazonSQS.SendMessageBatch",
    input: {
      QueueUrl: queueUrl,
      Entries: batch.map(({ index, body }) => ({ Id: String(index), MessageBody: body })),
    },
  });
  const trouble = Failed.find(({ SenderFault }) => !SenderFault);
  if (trouble) throw new QueueError(trouble.Code, `SQS did not take ${Failed.length} of ${batch.length} messages`);
  return Failed.map(({ Id, Code }) => ({ index: Number(Id), code: Code }));
}

/** SQS did not take a message. */
export class QueueError extends OwnError {
  override readonly name = "QueueError";
  /** SQS's. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
