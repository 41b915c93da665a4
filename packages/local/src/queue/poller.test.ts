import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterEach, expect, it, vi } from "vitest";
import type { ConsumerDescription } from "../stacks/description.ts";
import { createPlainFunction } from "../testing/plain-function.ts";
import { type Poller, startPoller } from "./poller.ts";
import { type LocalSqs, startSqs } from "./sqs.ts";

// Says in its log what it was given, and fails what asks for it.
const CONSUMER = `export const handler = async ({ Records }) => {
  console.log(JSON.stringify(Records));
  if (Records.some(({ body }) => body === "throw")) throw new Error("the whole batch");
  if (Records.some(({ body }) => body === "nonsense")) return { batchItemFailures: [{ itemIdentifier: "unknown" }] };
  return { batchItemFailures: Records.filter(({ body }) => body === "fail").map((r) => ({ itemIdentifier: r.messageId })) };
}`;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startQueue({ visibilityTimeoutSeconds = 30, maxReceiveCount = 2, dataDir = temporaryFolder() } = {}) {
  const sqs = await startSqs(dataDir, "eu-west-1");
  const queues = sqs.createQueues([
    { name: "Dead", attributes: {} },
    {
      name: "Work",
      attributes: { VisibilityTimeout: String(visibilityTimeoutSeconds) },
      redrive: { deadLetterQueue: "Dead", maxReceiveCount },
    },
  ]);
  const queue = queues.Work;
  if (!queue) throw new Error("no queue");
  closers.push(() => sqs.close());
  return { sqs, queue, dataDir };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-sqs-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function consume(
  { sqs, queue }: Awaited<ReturnType<typeof startQueue>>,
  overrides: Partial<ConsumerDescription> = {},
  code = CONSUMER,
  retryAfterSeconds?: number,
) {
  const { fn, lines, build, close } = createPlainFunction(code);
  const consumer = {
    functionName: "plain",
    batchSize: 10,
    windowSeconds: 0,
    reportsBatchItemFailures: true,
    ...overrides,
  };
  const poller: Poller = startPoller({ sqs, queue, consumer, retryAfterSeconds, fn, log: () => {} });
  closers.push(async () => {
    await close();
    await poller.close();
  });
  const batches = () =>
    lines.filter((line) => line.startsWith("[")).map((line) => JSON.parse(line) as { body: string }[]);
  return { poller, build, batches, bodies: () => batches().map((batch) => batch.map(({ body }) => body)) };
}

async function send({ sqs, queue }: { sqs: LocalSqs; queue: { url: string } }, ...bodies: string[]) {
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
  }
}

const settled = (assertion: () => void) => vi.waitFor(assertion, { timeout: 8000, interval: 25 });
const EMPTY = { visible: 0, inFlight: 0 };

it("gives the consumer the records that Lambda would", async () => {
  const work = await startQueue();
  await send(work, "hello");
  const { batches } = consume(work);
  await settled(() => expect(batches()).toHaveLength(1));
  expect(batches()[0]?.[0]).toEqual({
    messageId: expect.any(String),
    receiptHandle: expect.any(String),
    body: "hello",
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      SenderId: expect.any(String),
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    },
    messageAttributes: {},
    md5OfBody: "5d41402abc4b2a76b9719d911017c592",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:000000000000:Work",
    awsRegion: "eu-west-1",
  });
  await settled(() => expect(work.sqs.getDepth("Work")).toEqual(EMPTY));
});

it("deletes what succeeded, tries again what failed, and gives it up to the dead-letter queue", async () => {
  const work = await startQueue({ visibilityTimeoutSeconds: 1 });
  await send(work, "fine", "fail", "fine too");
  const { bodies } = consume(work);
  await settled(() => expect(work.sqs.getDepth("Dead").visible).toBe(1));
  expect(bodies()).toEqual([["fine", "fail", "fine too"], ["fail"]]);
  expect(work.sqs.getDepth("Work")).toEqual(EMPTY);
});

it.each(["throw", "nonsense"])("deletes nothing of a batch whose consumer answers with %s", async (body) => {
  const work = await startQueue();
  await send(work, "fine", body);
  const { bodies } = consume(work);
  await settled(() => expect(bodies()).toHaveLength(1));
  await settled(() => expect(work.sqs.getDepth("Work")).toEqual({ visible: 0, inFlight: 2 }));
});

it("deletes the whole batch of a consumer that is not asked for its failures", async () => {
  const work = await startQueue();
  await send(work, "fine", "fail");
  consume(work, { reportsBatchItemFailures: false });
  await settled(() => expect(work.sqs.getDepth("Work")).toEqual(EMPTY));
});

it("fills batches of more than ten within the window", async () => {
  const work = await startQueue();
  await send(work, ...Array.from({ length: 45 }, (_, index) => `message ${index}`));
  const { bodies } = consume(work, { batchSize: 30, windowSeconds: 1 });
  await settled(() => expect(work.sqs.getDepth("Work")).toEqual(EMPTY));
  expect(bodies().map((batch) => batch.length)).toEqual([30, 15]);
});

it("tries failed messages again as soon as the consumer has new code", async () => {
  const work = await startQueue({ visibilityTimeoutSeconds: 600, maxReceiveCount: 5 });
  await send(work, "fail");
  const { poller, build } = consume(work);
  await settled(() => expect(work.sqs.getDepth("Work").inFlight).toBe(1));
  await new Promise((go) => setTimeout(go, 500));
  build("export const handler = async () => ({ batchItemFailures: [] })");
  await poller.retryFailed();
  await settled(() => expect(work.sqs.getDepth("Work")).toEqual(EMPTY));
  expect(work.sqs.getDepth("Dead")).toEqual(EMPTY);
});

it("tries failed messages again after the time that a test asks for", async () => {
  const work = await startQueue();
  await send(work, "fail");
  consume(work, {}, CONSUMER, 0);
  await settled(() => expect(work.sqs.getDepth("Dead").visible).toBe(1));
});

it("keeps messages over a restart, and what was in flight is visible at once", async () => {
  const before = await startQueue({ visibilityTimeoutSeconds: 600 });
  await send(before, "in flight", "waiting");
  const hanging = consume(before, { batchSize: 1 }, "export const handler = () => new Promise(() => {})");
  await settled(() => expect(before.sqs.getDepth("Work")).toEqual({ visible: 1, inFlight: 1 }));
  for (const close of closers.splice(1).reverse()) await close();
  expect(hanging.bodies()).toEqual([]);
  const after = await startQueue({ visibilityTimeoutSeconds: 600, dataDir: before.dataDir });
  expect(after.sqs.getDepth("Work")).toEqual({ visible: 2, inFlight: 0 });
});
