import { randomUUID } from "node:crypto";
import { toEvent } from "@turnpike/local/testing/aws";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answer, json } from "./arrived.ts";
import { type FunctionName, Lambda } from "./lambda.ts";
import type { Call, Server } from "./network.ts";
import { Queue } from "./queue.ts";
import type { Scheduler } from "./scheduler.ts";

export const WEBHOOK_PATH = "/api/webhooks/stripe";

const ROUTES: { method: string; path: RegExp; name: FunctionName }[] = [
  { method: "POST", path: /^\/api\/webhooks\/stripe$/, name: "receive" },
  { method: "POST", path: /^\/api\/stripe\/create-checkout$/, name: "create-checkout" },
  { method: "POST", path: /^\/api\/stripe\/create-portal$/, name: "create-portal" },
  { method: "POST", path: /^\/api\/subscriptions\/preview-change$/, name: "preview-change" },
  { method: "POST", path: /^\/api\/subscriptions\/change$/, name: "change-plan" },
  { method: "POST", path: /^\/api\/subscriptions\/cancel$/, name: "cancel-subscription" },
  { method: "POST", path: /^\/api\/subscriptions\/resume$/, name: "resume-subscription" },
  { method: "GET", path: /^\/api\/checkout_sessions\/(?<id>[^/]+)$/, name: "get-checkout-session" },
];

const HOUR_MS = 3_600_000;
/** A message that has failed so often is worked on in peace: else a run would take days to come to rest. */
const PEACE_AFTER = 4;

/** What the stacks deploy: functions behind routes and queues, and the topic of the operator's mails. */
export class Cloud {
  readonly lambda: Lambda;
  readonly events: Queue;
  readonly wakeUps: Queue;
  /** What the operator was told. */
  readonly mails: { subject: string; text: string }[] = [];
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler, { consumers, heldUp }: { consumers: number; heldUp: number }) {
    this.#scheduler = scheduler;
    this.lambda = new Lambda(scheduler);
    this.events = new Queue(scheduler, {
      visibilityMs: 360_000,
      retentionMs: 12 * 24 * HOUR_MS,
      batch: 100,
      consumers,
      heldUp,
      mostReceipts: 300,
      consume: async (Records) => {
        const spared = Records.some(({ attributes }) => Number(attributes.ApproximateReceiveCount) >= PEACE_AFTER);
        const ran = await this.lambda.invoke("apply", { Records }, { spared });
        if (!("answer" in ran)) return undefined;
        const { batchItemFailures } = ran.answer as { batchItemFailures: { itemIdentifier: string }[] };
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      },
    });
    this.wakeUps = new Queue(scheduler, {
      visibilityMs: 540_000,
      retentionMs: 60_000,
      batch: 100,
      consumers: 2,
      heldUp: 0,
      mostReceipts: Number.POSITIVE_INFINITY,
      consume: async (Records) => ("answer" in (await this.lambda.invoke("relay", { Records })) ? [] : undefined),
    });
  }

  get isIdle(): boolean {
    return this.lambda.running === 0 && this.events.waiting === 0;
  }

  readonly servers: Record<string, Server> = {
    "app.test": {
      place: ({ url }) => (url.pathname === WEBHOOK_PATH ? "webhook" : "route"),
      answer: (call) => this.#route(call),
    },
    "sqs.test": {
      place: () => "sqs",
      answer: async (call, fault) => {
        const { QueueUrl } = JSON.parse(call.body) as { QueueUrl: string };
        if (call.headers.get("x-amz-target") === "AmazonSQS.ChangeMessageVisibilityBatch") {
          return this.events.changeVisibility(call);
        }
        if (QueueUrl.endsWith("/dead-letters")) return this.events.takeDead(call, fault);
        return (QueueUrl.endsWith("/events") ? this.events : this.wakeUps).take(call, fault);
      },
    },
    "sns.test": {
      place: () => "sns",
      answer: async ({ body }) => {
        const form = new URLSearchParams(body);
        this.mails.push({ subject: form.get("Subject") ?? "", text: form.get("Message") ?? "" });
        return { status: 200, headers: new Headers(), text: "<PublishResponse/>" };
      },
    },
  };

  /** API Gateway. */
  async #route(call: Call): Promise<Answer> {
    const { method, url, headers, body } = call;
    for (const route of ROUTES) {
      const found = route.method === method ? route.path.exec(url.pathname) : null;
      if (!found) continue;
      const request = {
        method,
        target: url.pathname + url.search,
        rawHeaders: [...headers].flat(),
        body: Buffer.from(body),
        sourceIp: "127.0.0.1",
        httpVersion: "1.1",
      };
      const match = {
        route: { method, path: url.pathname, functionName: route.name },
        pathParameters: { ...found.groups },
      };
      const ran = await this.lambda.invoke(
        route.name,
        toEvent(request, match, randomUUID(), new Date(this.#scheduler.now)),
      );
      if (!("answer" in ran)) return json(500, '{"message":"Internal Server Error"}');
      const { statusCode = 200, headers: shown, body: text = "" } = ran.answer as APIGatewayProxyStructuredResultV2;
      return { status: statusCode, headers: new Headers(shown as Record<string, string>), text };
    }
    return json(404, '{"message":"Not Found"}');
  }

  /** What a schedule would start now. @returns whether it came to its end */
  async run(name: "reconcile" | "relay" | "read-account"): Promise<boolean> {
    return "answer" in (await this.lambda.invoke(name, {}));
  }
}
