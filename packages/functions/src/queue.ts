import { callAws } from "./aws.ts";

/** SQS takes ten messages a call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html */
const BATCH_SIZE = 10;

/**
 * Puts messages on a queue. Resolves when SQS has them all.
 * @throws when it does not take one of them
 */
export async function sendMessages(queueUrl: string, bodies: string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += BATCH_SIZE) {
    const batch = bodies.slice(start, start + BATCH_SIZE);
    const { Failed } = await callAws<{ Failed?: { Code: string }[] }>({
      service: "sqs",
      url: new URL(queueUrl),
      version: "1.0",
      target: "AmazonSQS.SendMessageBatch",
      input: { QueueUrl: queueUrl, Entries: batch.map((body, i) => ({ Id: String(i), MessageBody: body })) },
    });
    if (Failed?.[0])
      throw new Error(`SQS did not take ${Failed.length} of ${batch.length} messages: ${Failed[0].Code}`);
  }
}
