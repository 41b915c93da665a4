import { isDeepStrictEqual } from "node:util";
import type { CfnRule } from "aws-cdk-lib/aws-events";
import type { Queue } from "sst/constructs";
import type { RuleDescription } from "./description.ts";
import { queueName } from "./read-queues.ts";

/** @returns nothing for a rule that is a schedule */
export function readRule(rule: CfnRule, queues: Queue[]): RuleDescription[] {
  const pattern: RuleDescription["pattern"] | undefined = rule.stack.resolve(rule.eventPattern);
  if (!pattern) return [];
  const targets: { arn: unknown }[] = rule.stack.resolve(rule.targets) ?? [];
  return [
    {
      name: rule.name ?? rule.node.id,
      pattern,
      queues: targets.map((target) => {
        const queue = queues.find(({ cdk }) => isDeepStrictEqual(rule.stack.resolve(cdk.queue.queueArn), target.arn));
        if (!queue) throw new Error(`The rule ${rule.node.path} leads to what is no queue: it has no local twin.`);
        return queueName(queue);
      }),
    },
  ];
}
