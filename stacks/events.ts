import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Queue, type StackContext, use } from "sst/constructs";
import { bundlingWithoutSignIn } from "./bundling/index.ts";
import { environment } from "./environment.ts";
import { Secrets } from "./secrets.ts";

const CONSUMER_TIMEOUT = Duration.seconds(60);

/** Stripe's events on their way to Postgres: the queue, its consumer, and where a message goes that keeps failing. */
export function Events({ stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);

  const deadLetters = new Queue(stack, "StripeEventsDlq", {
    cdk: { queue: { retentionPeriod: Duration.days(14), enforceSSL: true } },
  });
  const events = new Queue(stack, "StripeEvents", {
    consumer: {
      function: {
        handler: "packages/functions/src/apply-stripe-events.handler",
        nodejs: bundlingWithoutSignIn,
        timeout: `${CONSUMER_TIMEOUT.toSeconds()} seconds`,
        bind: [stripeSecretKey, supabaseSecretKey],
        environment: environment("SUPABASE_URL"),
      },
      cdk: {
        eventSource: {
          batchSize: 100,
          maxBatchingWindow: Duration.seconds(1),
          reportBatchItemFailures: true,
          maxConcurrency: 5,
        },
      },
    },
    cdk: {
      queue: {
        // Six times the consumer's time-out, so that no batch comes back while it is still worked on:
        // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        visibilityTimeout: Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds()),
        retentionPeriod: Duration.days(14),
        enforceSSL: true,
        deadLetterQueue: { queue: deadLetters.cdk.queue, maxReceiveCount: 5 },
      },
    },
  });

  new Alarm(stack, "DeadLetters", {
    alarmDescription: "Stripe events that could not be applied wait in the dead-letter queue.",
    metric: deadLetters.cdk.queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: "Maximum",
    }),
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });

  stack.addOutputs({ DeadLetterQueueUrl: deadLetters.queueUrl });
  return { events };
}
