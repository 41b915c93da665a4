import { TIME_LIMITS } from "@turnpike/settings";
import { Duration } from "aws-cdk-lib";
import { Queue as CdkQueue, type IQueue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Function as Lambda, Queue, type Stack, type StackContext, use } from "sst/constructs";
import { environment } from "./environment.ts";
import { intake } from "./intake.ts";
import { regionalName } from "./names.ts";
import { letPartnerEventsIn } from "./partner-events.ts";
import { Relay } from "./relay.ts";
import { Secrets } from "./secrets.ts";
import { sendTo } from "./send-to.ts";
import { removalPolicyOf, stageOf } from "./stage.ts";

const CONSUMER_TIMEOUT = Duration.millis(TIME_LIMITS.background.consumer);
/**
 * So often that nothing becomes a dead letter while Supabase or Stripe does not answer for a day: the consumer sets when a message comes
 * again, after ten minutes at the most (`packages/functions/src/come-again.ts`). What fails for its own sake it buries itself, long before.
 */
const MOST_TRIES = 300;

/** Stripe's events on their way to Postgres: the queue, its consumer, and where a message goes that keeps failing. */
export function Events({ app, stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);
  const { wakeUps } = use(Relay);
  const removalPolicy = removalPolicyOf(stageOf(app));

  const consumer = new Lambda(stack, "ApplyStripeEvents", {
    handler: "packages/functions/src/apply-stripe-events.handler",
    timeout: CONSUMER_TIMEOUT.toSeconds(),
    bind: [stripeSecretKey, supabaseSecretKey],
    environment: environment("SUPABASE_URL"),
  });
  sendTo(wakeUps, consumer);

  // A message keeps its age when SQS moves it here: so this queue keeps longer what the other one has kept already.
  const deadLetters = new Queue(stack, "StripeEventsDlq", {
    cdk: {
      queue: {
        retentionPeriod: Duration.days(14),
        redriveAllowPolicy: { sourceQueues: [byName(stack, regionalName(app, "StripeEvents"))] },
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy,
      },
    },
  });
  const events = new Queue(stack, "StripeEvents", {
    consumer: {
      function: consumer,
      cdk: {
        eventSource: {
          batchSize: 100,
          maxBatchingWindow: Duration.seconds(1),
          reportBatchItemFailures: true,
          // Each consumer has one call to Postgres open at a time. A small project's pool has room for five, however long the
          // queue is. No concurrency is reserved: only the queue invokes this function, so that would only take it from others.
          maxConcurrency: 5,
        },
      },
    },
    cdk: {
      queue: {
        // Six times the consumer's time-out, as AWS advises, so that no batch comes back while a consumer still has it:
        // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        visibilityTimeout: Duration.seconds(6 * CONSUMER_TIMEOUT.toSeconds()),
        retentionPeriod: Duration.days(12),
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        removalPolicy,
        deadLetterQueue: { queue: deadLetters.cdk.queue, maxReceiveCount: MOST_TRIES },
      },
    },
  });
  // Its role lets it change what it receives, as every consumer's does.
  consumer.addEnvironment(`SST_Queue_queueUrl_${events.id}`, events.queueUrl);
  sendTo(deadLetters, consumer);

  if (intake().eventBridge) letPartnerEventsIn({ app, stack }, events.cdk.queue, deadLetters.cdk.queue);

  stack.addOutputs({ DeadLetterQueueUrl: deadLetters.queueUrl });
  return { events, deadLetters };
}

/** Known before it is made: it names the other one, too, and one has to be first. */
function byName(stack: Stack, name: string): IQueue {
  return CdkQueue.fromQueueArn(stack, "SourceOfDeadLetters", stack.formatArn({ service: "sqs", resource: name }));
}
