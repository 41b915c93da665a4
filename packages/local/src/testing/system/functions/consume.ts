import { setTimeout as sleep } from "node:timers/promises";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";

/** Fails the messages that ask for it, or takes its time. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  if (Records.some(({ body }) => body === "throw")) throw new Error("the whole batch");
  if (Records.some(({ body }) => body === "slow")) await sleep(60_000);
  const failed = Records.filter(({ body }) => body.startsWith("fail"));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
