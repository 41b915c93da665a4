import type { QueueDepth } from "@turnpike/core/doctor";
import type { OpenQueue } from "../target/queues.ts";

/** How many messages a queue holds, about. */
export async function getDepth({ client, url }: OpenQueue): Promise<QueueDepth> {
  const { GetQueueAttributesCommand } = await import("@aws-sdk/client-sqs");
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
