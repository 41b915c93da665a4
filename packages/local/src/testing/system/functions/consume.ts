import type { SQSBatchResponse, SQSEvent } from "aws-lambda";

/** Fails the messages that ask for it. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  if (Records.some(({ body }) => body === "throw")) throw new Error("the whole batch");
  const failed = Records.filter(({ body }) => body.startsWith("fail"));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
