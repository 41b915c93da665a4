import { readSetting } from "@turnpike/settings";
import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { EventBus, type IRuleTarget, Rule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { App, StackContext } from "sst/constructs";
import { regionalName } from "./names.ts";

/**
 * Lets the events of Stripe's EventBridge destination into a queue, each in the envelope in which EventBridge has it. The bus is the one
 * that was made for the partner event source, and has its name: see docs/deploy.md. It is not made here, because whoever takes a
 * stack away would take the event source away with it, and Stripe then makes another one under another name.
 * @param undeliverable where an event goes that EventBridge could not put into the queue for a day
 */
export function letPartnerEventsIn({ app, stack }: StackContext, queue: IQueue, undeliverable: IQueue): void {
  const source = readSetting("STRIPE_EVENT_SOURCE");
  const rule = new Rule(stack, "PartnerEvents", {
    // What CloudFormation would call it is, on a bus that is not the default one, not what CloudWatch calls it.
    ruleName: ruleName(app),
    eventBus: EventBus.fromEventBusName(stack, "PartnerEventBus", source),
    eventPattern: { source: [source], account: [stack.account] },
  });
  const target: IRuleTarget = {
    bind: () => ({
      arn: queue.queueArn,
      retryPolicy: { maximumEventAgeInSeconds: Duration.hours(24).toSeconds(), maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: undeliverable.queueArn },
    }),
  };
  rule.addTarget(target);
  for (const each of [queue, undeliverable]) each.addToResourcePolicy(sendingBy(rule, each));
}

/** Events that EventBridge gave up: they are in the dead-letter queue, if that took them. */
export function failedInvocations(app: App): Metric {
  return new Metric({
    namespace: "AWS/Events",
    metricName: "FailedInvocations",
    // Both, for any bus but the default one: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    dimensionsMap: { EventBusName: readSetting("STRIPE_EVENT_SOURCE"), RuleName: ruleName(app) },
    statistic: "Sum",
  });
}

const ruleName = (app: App) => regionalName(app, "StripeEvents");

/** CDK's own target would let it ask for the queue's attributes, too. */
function sendingBy(rule: Rule, queue: IQueue): PolicyStatement {
  return new PolicyStatement({
    sid: "PartnerEvents",
    principals: [new ServicePrincipal("events.amazonaws.com")],
    actions: ["sqs:SendMessage"],
    resources: [queue.queueArn],
    conditions: { ArnEquals: { "aws:SourceArn": rule.ruleArn } },
  });
}
