import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { LARGEST_MESSAGE, sendMessages } from "@turnpike/functions/queue";
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
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

  it("that SQS will not have are named, by their place, and the others are in the queue", async () => {
    const sent = [...number(10), REFUSED, "twelfth", REFUSED];
    const code = "InvalidMessageContents";
    expect(await sendMessages(queue.url, sent)).toEqual([
      { index: 10, code },
      { index: 12, code },
    ]);
    expect(await bodies()).toEqual([...number(10), "twelfth"]);
  });

  it("are cut into batches by their size: SQS takes 1 MiB at once", async () => {
    const half = LARGEST_MESSAGE / 2;
    const sizes = [half, half, half + 1, half, LARGEST_MESSAGE, 1, 1];
    const sent = sizes.map((size) => "x".repeat(size));
    expect(await sendMessages(queue.url, sent)).toEqual([]);
    expect((await bodies()).map((body) => body?.length).sort()).toEqual([...sizes].sort());
  });

  it("of a queue that is not there are not taken for sent", async () => {
    await expect(sendMessages(`${queue.url}-missing`, ["first"])).rejects.toThrow(/SendMessageBatch.* 400/);
  });
});

it("a connection that breaks, or a server in trouble, is asked again, as AWS's own clients do", async () => {
  const troubles = ["reset", 503, 429, 500];
  const asked: (string | number | undefined)[] = [];
  const server = createServer(async (request, response) => {
    await text(request);
    const trouble = troubles.shift();
    asked.push(trouble);
    if (trouble === "reset") request.socket.destroy();
    else response.writeHead((trouble as number | undefined) ?? 200).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  expect(await sendMessages(`http://127.0.0.1:${(server.address() as AddressInfo).port}/queue`, ["first"])).toEqual([]);
  expect(asked).toEqual(["reset", 503, 429, 500, undefined]);
});

it("who does not answer is named, and why, for the log", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await expect(sendMessages(`http://127.0.0.1:${port}/queue`, ["first"])).rejects.toMatchObject({
    message: "AWS did not answer AmazonSQS.SendMessageBatch",
    cause: { code: "ECONNREFUSED" },
  });
});

/** An SQS that answers this to every call. */
async function answering(answer: object) {
  const signatures: (string | undefined)[] = [];
  const calls: { Entries: { Id: string; MessageBody: string }[] }[] = [];
  const server = createServer(async (request, response) => {
    signatures.push(request.headers.authorization);
    calls.push(JSON.parse(await text(request)));
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/queue`, calls, signatures };
}

describe("an answer of SQS's", () => {
  it("that says nothing of failures says that there is none: AWS leaves the list out", async () => {
    const { url, signatures } = await answering({ Successful: [{ Id: "0" }] });
    expect(await sendMessages(url, ["first"])).toEqual([]);
    expect(signatures).toEqual([expect.stringContaining("/sqs/aws4_request")]);
  });

  it("of trouble of its own is an error: the messages are not taken for sent, nor for wrong", async () => {
    const wrong = { Id: "0", Code: "InvalidMessageContents", SenderFault: true };
    const { url } = await answering({ Failed: [wrong, { Id: "1", Code: "InternalError", SenderFault: false }] });
    await expect(sendMessages(url, ["first", "second", "third"])).rejects.toMatchObject({
      name: "QueueError",
      code: "InternalError",
      message: "SQS did not take 2 of 3 messages",
    });
  });

  it("is asked for as seldom as their number and size allow", async () => {
    const { url, calls } = await answering({});
    await sendMessages(url, number(21));
    expect(calls.map(({ Entries }) => Entries.length)).toEqual([10, 10, 1]);
    calls.length = 0;
    const half = "x".repeat(LARGEST_MESSAGE / 2);
    await sendMessages(url, [half, half, "a", half, "b"]);
    expect(calls.map(({ Entries }) => Entries.length)).toEqual([2, 3]);
  });
});
