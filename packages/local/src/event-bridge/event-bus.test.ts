import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LocalQueue, type LocalSqs, startSqs } from "../queue/sqs.ts";
import { createEventBus } from "./event-bus.ts";

let sqs: LocalSqs;
let queues: Record<string, LocalQueue>;
beforeAll(async () => {
  sqs = await startSqs(undefined, "eu-west-1");
  queues = sqs.createQueues([{ name: "Mine", attributes: {} }]);
});
afterAll(() => sqs.close());

const SENT = {
  Source: "aws.partner/stripe.com/ed_1",
  DetailType: "product.created",
  Detail: '{"id":"evt_1","data":{"object":{"name":"Größe"}}}',
  Resources: [],
  Time: new Date("2026-11-27T15:00:00.123Z"),
};
const put = (pattern: Record<string, string[]>) =>
  createEventBus({
    rules: [{ name: "rule", pattern, queues: ["Mine"] }],
    queues,
    client: sqs.client,
    region: "eu-west-1",
  })(SENT);
async function taken(): Promise<unknown[]> {
  const { Messages = [] } = await sqs.client.send(new ReceiveMessageCommand({ QueueUrl: queues.Mine?.url }));
  return Messages.map(({ Body = "" }) => JSON.parse(Body));
}

it("an event that a rule matches is in its queue, in EventBridge's envelope", async () => {
  await put({ source: [SENT.Source], account: ["000000000000"] });
  expect(await taken()).toEqual([
    {
      version: "0",
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      "detail-type": "product.created",
      source: SENT.Source,
      account: "000000000000",
      time: "2026-11-27T15:00:00Z",
      region: "eu-west-1",
      resources: [],
      detail: { id: "evt_1", data: { object: { name: "Größe" } } },
    },
  ]);
});

it.each<Record<string, string[]>>([
  { source: ["aws.partner/stripe.com/ed_2"] },
  { source: [SENT.Source], account: ["123456789012"] },
])("one that no rule matches is in none: %j", async (pattern) => {
  await put(pattern);
  expect(await taken()).toEqual([]);
});
