import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { FETCHES_A_SECOND } from "@turnpike/core/mirror";
import { JITTER, PAUSES_S } from "@turnpike/functions/come-again";
import { longestOf, TIME_LIMITS } from "@turnpike/settings";
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
      "POST /api/subscriptions/next-payment",
      "POST /api/subscriptions/preview-change",
      "POST /api/subscriptions/resume",
      "POST /api/webhooks/stripe",
    ]);
    expect(lambdasOf(templates.Api)).toHaveLength(11);
  });

  it("let the pages of ALLOWED_ORIGINS ask, by a token and never by a cookie; without it no others", () => {
    const corsOf = (stage: "prod" | "dev") =>
      Object.values(readTemplates(stage).Api.findResources("AWS::ApiGatewayV2::Api")).map(
        ({ Properties }) => Properties.CorsConfiguration,
      );
    expect(corsOf("dev")).toEqual([
      {
        AllowOrigins: ["https://shop.example", "https://www.shop.example"],
        AllowMethods: ["GET", "POST"],
        AllowHeaders: ["authorization", "content-type", "idempotency-key"],
        AllowCredentials: false,
        ExposeHeaders: ["retry-after"],
        MaxAge: 3600,
      },
    ]);
    expect(corsOf("prod")).toEqual([undefined]);
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

  it("run on one Node.js, SST's and CDK's own functions too, which have an older one in their code", () => {
    const each = Object.values(templates).flatMap((template) =>
      Object.values(template.findResources("AWS::Lambda::Function")).map(({ Properties }) => Properties.Runtime),
    );
    expect(each.length).toBeGreaterThan(16);
    expect(new Set(each)).toEqual(new Set(["nodejs24.x"]));
  });

  it("run on arm64, within API Gateway's 29 seconds", () => {
    for (const lambda of [
      ...lambdasOf(templates.Api),
      ...lambdasOf(templates.Events),
      ...lambdasOf(templates.Reconcile),
      ...lambdasOf(templates.Reading),
      ...lambdasOf(templates.Relay),
    ]) {
      expect(lambda).toMatchObject({ Architectures: ["arm64"] });
    }
    for (const lambda of lambdasOf(templates.Api)) expect(lambda.Timeout).toBeLessThanOrEqual(29);
  });

  it("report single messages of a batch as failed and move those that keep failing to the dead-letter queue", () => {
    templates.Events.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  it("make no dead letter of an event while Supabase or Stripe does not answer for a day, and of none that is kept too short for it", () => {
    const [events, deadLetters] = ["StripeEventsQueue", "StripeEventsDlqQueue"].map(
      (id) =>
        Object.entries(templates.Events.findResources("AWS::SQS::Queue")).find(([name]) => name.startsWith(id))?.[1],
    );
    const { RedrivePolicy, MessageRetentionPeriod, VisibilityTimeout } = events?.Properties ?? {};
    const pauses = Array.from({ length: RedrivePolicy.maxReceiveCount - 1 }, (_, n) => PAUSES_S[n] ?? PAUSES_S[3]);
    const sum = pauses.reduce<number>((total, pause) => total + pause, 0);
    const DAY_S = 24 * 3600;
    expect(sum * (1 - JITTER)).toBeGreaterThan(DAY_S);
    // A consumer that cannot even say when they come again.
    expect(pauses.length * VisibilityTimeout).toBeGreaterThan(DAY_S);
    expect(sum * (1 + JITTER) + DAY_S).toBeLessThan(MessageRetentionPeriod);
    expect(MessageRetentionPeriod).toBeLessThan(deadLetters?.Properties.MessageRetentionPeriod);
    expect(deadLetters?.Properties.MessageRetentionPeriod).toBe(14 * DAY_S);
  });

  it("leave a quarter of Stripe's limit to the routes while every consumer fetches", () => {
    const [source] = Object.values(templates.Events.findResources("AWS::Lambda::EventSourceMapping"));
    // 100 requests a second, of all that an account does: https://docs.stripe.com/rate-limits
    expect(source?.Properties.ScalingConfig.MaximumConcurrency * FETCHES_A_SECOND).toBeLessThanOrEqual(75);
  });

  it("wait so that whoever waits outlives whom they wait for: client, function, gateway, CloudFront", () => {
    const { gateway, route, background, aws } = TIME_LIMITS;
    for (const lambda of lambdasOf(templates.Api)) expect(lambda.Timeout * 1000).toBe(route.function);
    for (const ms of [longestOf(route.stripe), route.supabase, aws.call, aws.firstSecrets])
      expect(ms).toBeLessThan(route.answer - 1_000);
    expect(route.answer).toBeLessThan(route.function);
    expect(route.function).toBeLessThan(gateway);
    for (const integration of Object.values(templates.Api.findResources("AWS::ApiGatewayV2::Integration")))
      expect(integration.Properties.TimeoutInMillis ?? gateway).toBe(gateway);
    const [distribution] = Object.values(templates.Site.findResources("AWS::CloudFront::Distribution"));
    const origins: { CustomOriginConfig?: { OriginReadTimeout: number } }[] =
      distribution?.Properties.DistributionConfig.Origins;
    const timeouts = origins.flatMap(({ CustomOriginConfig }) => CustomOriginConfig?.OriginReadTimeout ?? []);
    expect(timeouts).toEqual([gateway / 1000]);

    const each = [templates.Events, templates.Relay, templates.Reading, templates.Reconcile].flatMap(lambdasOf);
    const { consumer, relay, reading, reconciliation, stripe, supabase } = background;
    expect(each.map(({ Timeout }) => Timeout * 1000)).toEqual([consumer, relay, reading, reconciliation]);
    for (const { Timeout } of each)
      for (const ms of [longestOf(stripe), supabase, aws.call, aws.firstSecrets])
        expect(ms).toBeLessThan(Timeout * 1000 - 5_000);
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
    for (const response of CustomErrorResponses)
      expect(Object.keys(response)).toEqual(["ErrorCachingMinTTL", "ErrorCode"]);
  });

  it("let CloudFront keep no error, which it would show to the next one who asks", () => {
    const [distribution] = Object.values(templates.Site.findResources("AWS::CloudFront::Distribution"));
    const kept: { ErrorCode: number; ErrorCachingMinTTL: number }[] =
      distribution?.Properties.DistributionConfig.CustomErrorResponses;
    expect(kept.map(({ ErrorCode }) => ErrorCode)).toEqual(expect.arrayContaining([404, 500, 503]));
    for (const { ErrorCachingMinTTL } of kept) expect(ErrorCachingMinTTL).toBe(0);
  });

  it("can be told from a stack in the log where in the source it was, by the runbook's command", () => {
    const [, command = ""] = /^(node -e .*) MAP LINE COLUMN$/m.exec(readFileSync("docs/runbook.md", "utf8")) ?? [];
    const [bundle = ""] = globSync(".sst/artifacts/*/packages/functions/src/health.mjs");
    const before = readFileSync(bundle, "utf8").split("is not set: SST or Lambda does that")[0]?.split("\n") ?? [];
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    const said = execFileSync("sh", ["-c", `${command} ${bundle}.map ${line} ${column}`], { encoding: "utf8" });
    expect(said).toContain("packages/functions/src/bindings.ts");
  });
});
