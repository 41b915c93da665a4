import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { sendMessages } from "@turnpike/functions/queue";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { lendQueue } from "../parts/index.ts";

let queue: Awaited<ReturnType<typeof lendQueue>>;
beforeAll(async () => {
  queue = await lendQueue();
  Object.assign(process.env, { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
});
afterEach(() => queue.receive());

const bodies = async () => (await queue.receive()).map(({ Body }) => Body).sort();
const number = (count: number) => Array.from({ length: count }, (_, n) => `message ${String(n).padStart(2, "0")}`);
// No character that SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const REFUSED = "\u0001";

describe("messages", () => {
  it.each([0, 1, 10, 11, 25])("are all in the queue, %i of them, once each", async (count) => {
    await sendMessages(queue.url, number(count));
    expect(await bodies()).toEqual(number(count));
  });

  it("that SQS takes only in part are not taken for sent: those that it will never have are named", async () => {
    const refused = await sendMessages(queue.url, ["first", REFUSED, "third", REFUSED]);
    expect(refused).toEqual([1, 3].map((index) => ({ index, code: "InvalidMessageContents" })));
  });

  it("of a queue that is not there are not taken for sent", async () => {
    await expect(sendMessages(`${queue.url}-missing`, ["first"])).rejects.toThrow(/SendMessageBatch.* 400/);
  });
});

it("an answer that says nothing of failures is no failure: AWS leaves the list out", async () => {
  const server = createServer((_, response) => response.end(JSON.stringify({ Successful: [{ Id: "0" }] })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await sendMessages(`http://127.0.0.1:${port}/000000000000/queue`, ["first"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
