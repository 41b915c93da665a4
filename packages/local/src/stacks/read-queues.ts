import { CfnEventSourceMapping } from "aws-cdk-lib/aws-lambda";
import { Queue as CdkQueue, CfnQueue, type DeadLetterQueue } from "aws-cdk-lib/aws-sqs";
import { Function as Lambda, type Queue } from "sst/constructs";
import type { ConsumerDescription, QueueDescription } from "./description.ts";
import type { FunctionReader } from "./read-functions.ts";

export function readQueue(queue: Queue, queues: Queue[], functions: FunctionReader): QueueDescription {
  const resource = queue.cdk.queue.node.defaultChild;
  if (!(resource instanceof CfnQueue)) throw new Error(`The queue "${queue.id}" is imported: it has no local twin.`);
  const attributes = {
    VisibilityTimeout: resource.visibilityTimeout,
    DelaySeconds: resource.delaySeconds,
    MessageRetentionPeriod: resource.messageRetentionPeriod,
    MaximumMessageSize: resource.maximumMessageSize,
    FifoQueue: resource.fifoQueue,
    ContentBasedDeduplication: resource.contentBasedDeduplication,
  };
  const { deadLetterQueue } = queue.cdk.queue instanceof CdkQueue ? queue.cdk.queue : {};
  return {
    name: queueName(queue),
    attributes: Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
    ...(deadLetterQueue && { redrive: readRedrive(deadLetterQueue, queues) }),
    ...(queue.consumerFunction && { consumer: readConsumer(queue, functions) }),
  };
}

function readRedrive({ queue, maxReceiveCount }: DeadLetterQueue, queues: Queue[]): QueueDescription["redrive"] {
  const target = queues.find((candidate) => candidate.cdk.queue === queue);
  if (!target) throw new Error(`The dead-letter queue ${queue.node.path} is no queue of SST's: it has no local twin.`);
  return { deadLetterQueue: queueName(target), maxReceiveCount };
}

function readConsumer(queue: Queue, functions: FunctionReader): ConsumerDescription {
  const lambda = queue.consumerFunction;
  const mapping = lambda?.node.findAll().find((construct) => construct instanceof CfnEventSourceMapping);
  if (!(lambda instanceof Lambda) || !mapping)
    throw new Error(`The consumer of "${queue.id}" is no function of SST's.`);
  return {
    functionName: functions.read(lambda),
    batchSize: mapping.batchSize ?? 10,
    windowSeconds: mapping.maximumBatchingWindowInSeconds ?? 0,
    reportsBatchItemFailures: mapping.functionResponseTypes?.includes("ReportBatchItemFailures") ?? false,
  };
}

/** The queue's name in SQS; SST gives every queue one unless the stack does. */
export function queueName(queue: Queue): string {
  const resource = queue.cdk.queue.node.defaultChild;
  return resource instanceof CfnQueue && resource.queueName ? resource.queueName : queue.id;
}
