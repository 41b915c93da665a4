import { SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_ACCOUNT, type QueueDescription } from "../stacks/description.ts";
import { type FauxqsQueue, type FauxqsStore, openFauxqs } from "./fauxqs.ts";

export interface LocalQueue {
  name: string;
  url: string;
  arn: string;
}

export interface QueueDepth {
  /** Waiting to be received. */
  visible: number;
  /** Received, and neither deleted nor given back yet. */
  inFlight: number;
}

export interface LocalSqs {
  /** SQS's API: `http://127.0.0.1:PORT`. */
  endpoint: string;
  region: string;
  client: SQSClient;
  /** Makes the queues of the stacks, or brings those of an earlier run up to date. */
  createQueues(descriptions: QueueDescription[]): Record<string, LocalQueue>;
  /** @throws When there is no queue of that name. */
  getDepth(name: string): QueueDepth;
  /** The bodies of all that is in it, which stays there. @throws When there is no queue of that name. */
  getBodies(name: string): string[];
  close(): Promise<void>;
}

/**
 * Starts SQS on a free loopback port.
 * @param dataDir Where the messages are kept; none of them is lost when the process is killed. Absent: in memory only.
 */
export async function startSqs(dataDir: string | undefined, region: string): Promise<LocalSqs> {
  const { app, store } = await openFauxqs(dataDir, region);
  const endpoint = await app.listen({ port: 0, host: "127.0.0.1" });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new SQSClient({ endpoint, region, credentials });
  const locate = ({ name }: QueueDescription): LocalQueue => ({
    name,
    url: `${endpoint}/${LOCAL_ACCOUNT}/${name}`,
    arn: `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${name}`,
  });
  return {
    endpoint,
    region,
    client,
    createQueues(descriptions) {
      const queues = Object.fromEntries(descriptions.map((description) => [description.name, locate(description)]));
      for (const description of descriptions) {
        const { name, url, arn } = locate(description);
        const attributes = {
          ...description.attributes,
          ...redrivePolicy(description, queues),
        };
        const known = store.getQueueByName(name);
        if (known) known.setAttributes({ RedrivePolicy: "", ...attributes });
        else store.createQueue(name, url, arn, attributes);
      }
      return queues;
    },
    getDepth(name) {
      const queue = getQueue(store, name);
      return { visible: countVisible(queue), inFlight: queue.inflightMessages.size };
    },
    getBodies(name) {
      const { ready, delayed, inflight } = getQueue(store, name).inspectMessages();
      return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(({ body }) => body);
    },
    async close() {
      client.destroy();
      store.shutdown();
      await app.close();
    },
  };
}

function getQueue(store: FauxqsStore, name: string): FauxqsQueue {
  const queue = store.getQueueByName(name);
  if (!queue) throw new Error(`There is no queue "${name}".`);
  queue.processTimers();
  return queue;
}

function redrivePolicy({ redrive }: QueueDescription, queues: Record<string, LocalQueue>): Record<string, string> {
  if (!redrive) return {};
  const { deadLetterQueue, maxReceiveCount } = redrive;
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queues[deadLetterQueue]?.arn, maxReceiveCount }) };
}

function countVisible(queue: FauxqsQueue): number {
  return ["ApproximateNumberOfMessages" as const, "ApproximateNumberOfMessagesDelayed" as const]
    .map((name) => Number(queue.getAttribute(name) ?? 0))
    .reduce((sum, count) => sum + count, 0);
}
