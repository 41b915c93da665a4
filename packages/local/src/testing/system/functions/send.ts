import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Queue } from "sst/node/queue";

export const handler = async ({ body }: { body: string }) => {
  const { queueUrl }: { queueUrl: string } = Reflect.get(Queue, "Work");
  await new SQSClient({}).send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  return { statusCode: 202 };
};
