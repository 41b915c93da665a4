import type { ScheduledEvent, SQSEvent } from "aws-lambda";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { id } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let shop: Shop;
let relay: ReturnType<typeof createRelay>;
let handler: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  setEnvironment({ supabase, stripe });
  shop = createShop(supabase, stripe);
  relay = createRelay(supabase, stripe, shop);
  ({ handler } = await import("@turnpike/functions/relay-notices"));
});
beforeEach(async () => {
  await supabase.query("truncate billing.outbox");
  log = captureLog();
});

const run = (event: Partial<ScheduledEvent> | Partial<SQSEvent> = { source: "aws.events" }) =>
  handler(event as never, lambdaContext());
const notice = async (kind: string, object_id = id("obj")) => {
  const row = [id("src"), kind, object_id];
  await supabase.query("insert into billing.outbox (source_id, kind, object_id) values ($1, $2, $3)", row);
  return object_id;
};

it("every minute the relay says that it runs, and how much waits for a person", async () => {
  await run();
  expect(log.metric("noticesGivenUp")).toEqual([0]);
  await notice("dispute_opened");
  await supabase.query("update billing.outbox set next_attempt_at = 'infinity'");
  await run();
  expect(log.metric("noticesGivenUp")).toEqual([0, 1]);
  await run({ Records: [] });
  expect(log.metric("noticesGivenUp")).toEqual([0, 1]);
});

it("each notice has a line, and those that failed are counted", async () => {
  const [good, bad] = [await notice("dispute_opened"), await notice("email_changed", "no uuid")];
  await run({ Records: [] });
  expect(log.said("notice")).toMatchObject([{ kind: "dispute_opened", objectId: good, told: true }]);
  const [line] = log.said("notice comes again");
  expect(line).toMatchObject({ level: "error", kind: "email_changed", objectId: bad, attempts: 1, errorCode: "22P02" });
  expect(log.metric("noticesFailed")).toEqual([1]);
});

it("a purchase of nobody's, and a second subscription, are counted when they are told", async () => {
  const { id: price } = await shop.sell("monthly");
  const customer = await relay.newCustomer();
  await relay.subscribe(customer, price);
  await relay.subscribe(customer, price);
  await run();
  expect(log.metric("doubleSubscriptions")).toEqual([1]);
  expect(log.metric("unownedPurchases")).toEqual([]);
  await relay.wait("5 minutes");
  await run();
  expect(log.metric("unownedPurchases")).toEqual([1]);
});

describe("what the operator is told", () => {
  it("is in the log where there is no topic", async () => {
    const dispute = await notice("dispute_opened");
    await run();
    const [mail] = log.said("mail to the operator");
    expect(mail).toMatchObject({ level: "warn", subject: "A payment is disputed" });
    expect(mail?.body).toContain(dispute);
  });

  it("is published to the topic of the alarms, which mails it", async () => {
    const queue = await lendQueue();
    const sns = async (input: Record<string, string>) => {
      const body = new URLSearchParams({ Version: "2010-03-31", ...input });
      return (await fetch(queue.endpoint, { method: "POST", body })).text();
    };
    const [, topic = ""] =
      /<TopicArn>(.+)<\/TopicArn>/.exec(await sns({ Action: "CreateTopic", Name: `t-${crypto.randomUUID()}` })) ?? [];
    await sns({ Action: "Subscribe", TopicArn: topic, Protocol: "sqs", Endpoint: queue.arn });
    process.env.OPERATOR_TOPIC_ARN = topic;
    process.env.AWS_ENDPOINT_URL_SNS = queue.endpoint;
    try {
      const dispute = await notice("dispute_opened");
      await run();
      const [message] = await queue.receive();
      const { Subject, Message } = JSON.parse(message?.Body ?? "{}");
      expect(Subject).toBe("[test turnpike] A payment is disputed");
      expect(Message).toContain(dispute);
      expect(Message).toContain("docs/runbook.md");

      process.env.AWS_ENDPOINT_URL_SNS = "http://127.0.0.1:9";
      await notice("dispute_opened");
      await run();
      expect((await relay.notices()).map(({ done }) => done)).toEqual([true, false]);
    } finally {
      delete process.env.OPERATOR_TOPIC_ARN;
      delete process.env.AWS_ENDPOINT_URL_SNS;
    }
  });
});

it("follows the settings", async () => {
  const { id: price } = await shop.sell("monthly");
  const user = await shop.newUser();
  const subscription = await relay.subscribe(await relay.newCustomer(user), price);
  await supabase.query("delete from auth.users where id = $1", [user.id]);
  process.env.ON_USER_DELETE = "keep";
  try {
    await run();
  } finally {
    delete process.env.ON_USER_DELETE;
  }
  expect(log.said("mail to the operator")).toMatchObject([{ body: expect.stringContaining("it runs on") }]);
  expect(await relay.statusOf(subscription)).toBe("active");
});
