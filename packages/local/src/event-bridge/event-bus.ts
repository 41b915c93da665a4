import { randomUUID } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { PartnerEvent } from "@turnpike/stripe-emulator";
import type { LocalQueue } from "../queue/sqs.ts";
import { LOCAL_ACCOUNT, type RuleDescription } from "../stacks/description.ts";

export interface EventBusOptions {
  rules: RuleDescription[];
  queues: Record<string, LocalQueue>;
  client: SQSClient;
  region: string;
}

/**
 * EventBridge, as far as partners use it: an event goes in its envelope into the queues of each rule that it fits. What no rule fits is
 * gone, as in AWS.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 * @returns resolves when the queues have it
 */
export function createEventBus({ rules, queues, client, region }: EventBusOptions) {
  return async ({ Source, DetailType, Detail, Resources, Time }: PartnerEvent): Promise<void> => {
    const envelope = {
      version: "0",
      id: randomUUID(),
      "detail-type": DetailType,
      source: Source,
      account: LOCAL_ACCOUNT,
      time: Time.toISOString().replace(/\.\d+Z$/, "Z"),
      region,
      resources: Resources,
      detail: JSON.parse(Detail),
    };
    const fits = ({ pattern }: RuleDescription) =>
      Object.entries(pattern).every(([field, values]) => values.includes(String(Reflect.get(envelope, field))));
    const MessageBody = JSON.stringify(envelope);
    for (const name of rules.filter(fits).flatMap((rule) => rule.queues)) {
      await client.send(new SendMessageCommand({ QueueUrl: queues[name]?.url, MessageBody }));
    }
  };
}
