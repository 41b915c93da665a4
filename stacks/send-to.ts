import type { Function as Lambda, Queue } from "sst/constructs";

/**
 * Lets a function send to a queue, and nothing else: binding it would grant `sqs:*`.
 * The variable is the one that SST's `Queue.<id>.queueUrl` reads.
 */
export function sendTo(queue: Queue, sender: Lambda): void {
  sender.addEnvironment(`SST_Queue_queueUrl_${queue.id}`, queue.queueUrl);
  queue.cdk.queue.grant(sender, "sqs:SendMessage");
}
