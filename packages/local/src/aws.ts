import { join } from "node:path";
import type { Environment } from "@turnpike/settings/dotenv";
import type { PartnerEvent } from "@turnpike/stripe-emulator";
import { Closers } from "./closers.ts";
import { createEventBus } from "./event-bridge/event-bus.ts";
import { createGateway, type RequestHandler } from "./gateway/gateway.ts";
import { createFunctions, getFunction, type LocalFunctions, linkNodeModules } from "./lambda/functions.ts";
import type { Log } from "./log.ts";
import { type Poller, startPoller } from "./queue/poller.ts";
import { type LocalQueue, type QueueDepth, startSqs } from "./queue/sqs.ts";
import { startSchedule } from "./schedule/schedule.ts";
import { type BuiltStacks, reuseStacks } from "./stacks/built-stacks.ts";
import type { SystemDescription } from "./stacks/description.ts";
import { startStacks } from "./stacks/start-stacks.ts";

export interface AwsOptions {
  /** The project's folder, with `sst.config.ts`. */
  root: string;
  /** Where bundles and messages are kept. */
  dataDir: string;
  /** Messages are kept in memory only. */
  inMemory?: boolean | undefined;
  /** What the stacks read from `process.env`. */
  environment: Environment;
  /** The values of the stacks' secrets, by name. */
  secrets: Environment;
  /** Whether to bundle anew on every save. */
  watch: boolean;
  /** How soon a failed message is tried again; default: when the queue's visibility timeout ends. */
  retryAfterSeconds?: number | undefined;
  /** How long a minute of a schedule lasts; default: a minute. */
  minuteMs?: number | undefined;
  /** Stacks that were built before. */
  stacks?: BuiltStacks | undefined;
  log: Log;
}

export interface Aws {
  system: SystemDescription;
  /** The HTTP API. */
  api: RequestHandler;
  /** EventBridge, for Stripe as a partner. */
  putPartnerEvent(event: PartnerEvent): Promise<void>;
  /** Resolves when every function has been bundled, well or not. */
  built: Promise<void>;
  /** Lets the queues invoke their consumers. */
  startConsumers(): void;
  /** Lets the schedules invoke their functions. */
  startSchedules(): void;
  /** Where SQS's API is, with each queue's address by its name. */
  sqs: { endpoint: string; region: string; queues: Record<string, string> };
  /** @param name The queue's, with or without SST's prefix (`local-turnpike-`). @throws When there is none. */
  getQueueDepth(name: string): QueueDepth;
  /** The bodies of the messages that were given up, oldest first. */
  getDeadLetters(): string[];
  close(): Promise<void>;
}

/** What the stacks deploy to AWS, on this machine: functions, HTTP API, queues, schedules and rules. */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const closers = new Closers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(options: AwsOptions, closers: Closers): Promise<Aws> {
  const { root, dataDir, inMemory, environment, secrets, watch, retryAfterSeconds, minuteMs } = options;
  let closing = false;
  const log: Log = (source, line) => {
    if (!closing) options.log(source, line); // what is cut off by the end has not failed, and is not told as if it had
  };
  const outDir = join(dataDir, "build");
  linkNodeModules(root, outDir);
  const reused = options.stacks && reuseStacks(options.stacks, environment);
  const stacks = closers.add(reused ?? (await startStacks({ root, outDir, watch, environment })));
  const { system } = stacks;
  const { region } = system;
  const sqs = closers.add(await startSqs(inMemory ? undefined : join(dataDir, "sqs"), region));
  const queues = sqs.createQueues(system.queues);
  const functions = createFunctions(system.functions, { secrets, queues, region, sqsEndpoint: sqs.endpoint }, log);
  const pollers = new Map<string, Poller>();
  stacks.onBuild(({ functionName, result }) => {
    getFunction(functions, functionName).onBuild(result);
    // What the old code could not do, the new code may: no need to wait for the visibility timeout.
    void pollers.get(functionName)?.retryFailed();
  });
  return {
    system,
    putPartnerEvent: createEventBus({ rules: system.rules, queues, client: sqs.client, region }),
    api: createGateway({ routes: system.routes, cors: system.cors, functions, log: (line) => log("api", line) }),
    built: Promise.all([...functions.values()].map((fn) => fn.firstBuild)).then(() => undefined),
    startConsumers() {
      for (const { queue, consumer } of consumedQueues(system, queues)) {
        const fn = getFunction(functions, consumer.functionName);
        const onLine = (line: string) => log("queue", line);
        const poller = startPoller({ sqs, queue, consumer, retryAfterSeconds, fn, log: onLine });
        pollers.set(consumer.functionName, closers.add(poller));
      }
    },
    startSchedules() {
      for (const schedule of system.schedules) {
        const fn = getFunction(functions, schedule.functionName);
        const onLine = (line: string) => log("schedule", line);
        closers.add({ close: startSchedule({ schedule, fn, region, minuteMs, log: onLine }) });
      }
    },
    sqs: {
      endpoint: sqs.endpoint,
      region,
      queues: Object.fromEntries(Object.entries(queues).map(([name, { url }]) => [name, url])),
    },
    getQueueDepth(name) {
      const queue = system.queues.find((candidate) => candidate.name === name || candidate.name.endsWith(`-${name}`));
      return sqs.getDepth(queue?.name ?? name);
    },
    getDeadLetters: () =>
      system.queues.flatMap(({ redrive }) => (redrive ? sqs.getBodies(redrive.deadLetterQueue) : [])),
    async close() {
      closing = true;
      await Promise.all([closeFunctions(functions), closers.close()]); // a poller waits for what its function is at
    },
  };
}

function consumedQueues({ queues: descriptions }: SystemDescription, queues: Record<string, LocalQueue>) {
  return descriptions.flatMap(({ name, consumer }) => {
    const queue = queues[name];
    return queue && consumer ? [{ queue, consumer }] : [];
  });
}

async function closeFunctions(functions: LocalFunctions): Promise<void> {
  await Promise.all([...functions.values()].map((fn) => fn.close()));
}
