import { readFileSync } from "node:fs";
import { FETCHES_A_SECOND } from "@turnpike/core/mirror";
import { describe, expect, it } from "vitest";
import { lambdasOf, readTemplates } from "./templates.ts";

const templates = readTemplates("prod");

/** What `docs/openapi.json` documents, as API Gateway's route keys. */
function documentedRoutes(): string[] {
  const { paths }: { paths: Record<string, object> } = JSON.parse(readFileSync("docs/openapi.json", "utf8"));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe("the stacks", () => {
  it("route every endpoint to a Lambda of its own", () => {
    const routes = Object.values(templates.Api.findResources("AWS::ApiGatewayV2::Route"));
    const routeKeys = routes.map(({ Properties }) => Properties.RouteKey).sort();
    expect(routeKeys).toEqual(documentedRoutes().sort());
    expect(routeKeys).toEqual([
      "GET /api/checkout_sessions/{id}",
      "GET /api/health",
      "POST /api/checkout_sessions",
      "POST /api/stripe/create-checkout",
      "POST /api/stripe/create-portal",
      "POST /api/subscriptions/cancel",
      "POST /api/subscriptions/change",
      "POST /api/subscriptions/preview-change",
      "POST /api/subscriptions/resume",
      "POST /api/webhooks/stripe",
    ]);
    expect(lambdasOf(templates.Api)).toHaveLength(10);
  });

  it("tell the functions that open Checkout how, as the file says, and no others; without a file nobody", () => {
    const told = (stage: "prod" | "dev") =>
      lambdasOf(readTemplates(stage).Api).flatMap(({ Handler, Environment }) => {
        const { CHECKOUT_OPTIONS } = Environment.Variables;
        return CHECKOUT_OPTIONS === undefined ? [] : [[Handler, CHECKOUT_OPTIONS]];
      });
    const options = '{"taxIds":true,"metadata":["referral"]}';
    expect(told("prod").sort()).toEqual([
      ["packages/functions/src/create-checkout-session.handler", options],
      ["packages/functions/src/create-checkout.handler", options],
    ]);
    expect(told("dev")).toEqual([]);
  });

  it("run on Node 22 and arm64, within API Gateway's 29 seconds", () => {
    for (const lambda of [
      ...lambdasOf(templates.Api),
      ...lambdasOf(templates.Events),
      ...lambdasOf(templates.Reconcile),
      ...lambdasOf(templates.Reading),
      ...lambdasOf(templates.Relay),
    ]) {
      expect(lambda).toMatchObject({ Runtime: "nodejs22.x", Architectures: ["arm64"] });
    }
    for (const lambda of lambdasOf(templates.Api)) expect(lambda.Timeout).toBeLessThanOrEqual(29);
  });

  it("report single messages of a batch as failed and move those that keep failing to the dead-letter queue", () => {
    templates.Events.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    templates.Events.hasResourceProperties("AWS::SQS::Queue", { RedrivePolicy: { maxReceiveCount: 5 } });
    templates.Events.hasResourceProperties("AWS::SQS::Queue", { MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  it("leave a quarter of Stripe's limit to the routes while every consumer fetches", () => {
    const [source] = Object.values(templates.Events.findResources("AWS::Lambda::EventSourceMapping"));
    // 100 requests a second, of all that an account does: https://docs.stripe.com/rate-limits
    expect(source?.Properties.ScalingConfig.MaximumConcurrency * FETCHES_A_SECOND).toBeLessThanOrEqual(75);
  });

  it("keep a message hidden longer than its consumer may run", () => {
    for (const [template, queueId] of [
      [templates.Events, "StripeEventsQueue"],
      [templates.Relay, "RelayWakeUpsQueue"],
    ] as const) {
      const queues = Object.entries(template.findResources("AWS::SQS::Queue"));
      const source = queues.find(([id]) => id.startsWith(queueId));
      const [consumer] = lambdasOf(template);
      expect(source?.[1].Properties.VisibilityTimeout).toBeGreaterThanOrEqual(
        6 * (consumer?.Timeout ?? Number.POSITIVE_INFINITY),
      );
    }
  });

  it("run the reconciliation on a schedule", () => {
    templates.Reconcile.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(15 minutes)" });
  });

  it("read the account every minute, and end well before the next turn's own time is over", () => {
    templates.Reading.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(1 minute)" });
    const [reading] = lambdasOf(templates.Reading);
    expect(reading?.Timeout).toBeGreaterThanOrEqual(120);
  });

  it("run the relay every minute, and for less time than what it takes stays its own", () => {
    templates.Relay.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(1 minute)" });
    const migration = readFileSync("supabase/migrations/20261101000600_outbox.sql", "utf8");
    const [, minutes] = /greatest\(interval '(\d+) minutes'/.exec(migration) ?? [];
    const [relay] = lambdasOf(templates.Relay);
    expect(relay?.Timeout).toBeLessThan(Number(minutes) * 60);
  });

  it("serve the site and /api/* from one CloudFront distribution, and leave the API's 404s alone", () => {
    const [distribution] = Object.values(templates.Site.findResources("AWS::CloudFront::Distribution"));
    const { CacheBehaviors, CustomErrorResponses } = distribution?.Properties.DistributionConfig ?? {};
    expect(CacheBehaviors.map(({ PathPattern }: { PathPattern: string }) => PathPattern)).toContain("/api/*");
    expect(CustomErrorResponses ?? []).toEqual([]);
  });
});
