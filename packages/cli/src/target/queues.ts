import type { SQSClient } from "@aws-sdk/client-sqs";
import { readSetting } from "@turnpike/settings";
import { CliError } from "../exit-codes.ts";
import type { Target } from "./index.ts";

export interface OpenQueue {
  client: SQSClient;
  url: string;
}

// As sst.config.ts has it.
const REGION = "us-east-1";

/**
 * Opens a queue of the system's.
 * @param name as the stacks name it: `StripeEventsDlq`
 * @throws CliError when the target has no queues, or not this one
 */
export async function openQueue(target: Target, name: string): Promise<OpenQueue> {
  // Half a second of loading, which only the commands on queues need.
  const { GetQueueUrlCommand, SQSClient } = await import("@aws-sdk/client-sqs");
  if (target.running) {
    const { endpoint, region, queues } = target.running.sqs;
    const url = Object.entries(queues).find(([full]) => full.endsWith(`-${name}`))?.[1];
    if (!url) throw new CliError(`The local system has no queue ${name}.`);
    const credentials = { accessKeyId: "local", secretAccessKey: "local" };
    return { client: new SQSClient({ endpoint, region, credentials }), url };
  }
  if (!target.stage) throw new CliError("The queues of a deployed system are found by its stage: say --stage NAME.");
  const client = new SQSClient({ region: target.environment.AWS_REGION ?? REGION });
  const { QueueUrl } = await client.send(
    new GetQueueUrlCommand({ QueueName: `${target.stage}-${readSetting("APP_NAME", target.environment)}-${name}` }),
  );
  if (!QueueUrl) throw new CliError(`AWS names no queue ${name} of the stage ${target.stage}.`);
  return { client, url: QueueUrl };
}
