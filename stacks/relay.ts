import { TIME_LIMITS } from "@turnpike/settings";
import { Duration } from "aws-cdk-lib";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { type App, Cron, Function as Lambda, Queue, type Stack, type StackContext, use } from "sst/constructs";
import { environment } from "./environment.ts";
import { Secrets } from "./secrets.ts";
import { removalPolicyOf, stageOf } from "./stage.ts";

const RELAY_TIMEOUT = Duration.millis(TIME_LIMITS.background.relay);

/**
 * What is done after a transaction: a function that works off the outbox, every minute and when it is woken, and the topic by which
 * it and the alarms reach the operator. See docs/decisions/0014-an-outbox-and-one-relay.md.
 */
export function Relay({ app, stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);
  const operator = stageOf(app).isWatched ? createTopic(stack, app) : undefined;

  const relay = new Lambda(stack, "RelayNotices", {
    handler: "packages/functions/src/relay-notices.handler",
    timeout: RELAY_TIMEOUT.toSeconds(),
    bind: [stripeSecretKey, supabaseSecretKey],
    environment: {
      ...environment("SUPABASE_URL", "ON_USER_DELETE", "ON_DOUBLE_SUBSCRIPTION"),
      ...(operator && { OPERATOR_TOPIC_ARN: operator.topicArn }),
    },
  });
  operator?.grantPublish(relay);
  new Cron(stack, "EveryMinute", { schedule: "rate(1 minute)", job: relay });

  // A message says only that something waits. Many become one run, and one that is older than the next run is of no use.
  const wakeUps = new Queue(stack, "RelayWakeUps", {
    consumer: {
      function: relay,
      cdk: { eventSource: { batchSize: 100, maxBatchingWindow: Duration.seconds(1), maxConcurrency: 2 } },
    },
    cdk: {
      queue: {
        visibilityTimeout: Duration.seconds(6 * RELAY_TIMEOUT.toSeconds()),
        retentionPeriod: Duration.minutes(1),
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy: removalPolicyOf(stageOf(app)),
      },
    },
  });
  return { wakeUps, operator };
}

function createTopic(stack: Stack, app: App): Topic {
  // Not encrypted with a key of our own: it would cost $1 a month, and CloudWatch would need access to it. The mails name no
  // customer and no amount.
  const topic = new Topic(stack, "Alarms", { enforceSSL: true });
  // `enforceSSL` gives the topic a policy in place of the default one, which had let the account's alarms publish.
  topic.grantPublish(
    new ServicePrincipal("cloudwatch.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": app.account } },
    }),
  );
  return topic;
}
