import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { alarmsOf, EVENT_SOURCE, lambdasOf, nameOf, readTemplates, resourcesOf } from "./templates.ts";

const { Events, Api, Secrets } = readTemplates("frankfurt");
const webhook = readTemplates("prod");
const idOf = (queue: string) =>
  resourcesOf(Events, "AWS::SQS::Queue").find(([, { Properties }]) =>
    String(Properties.QueueName).endsWith(`-${queue}`),
  )?.[0] ?? "";
const arnOf = (queue: string) => ({ "Fn::GetAtt": [idOf(queue), "Arn"] });
const [[ruleId, rule] = []] = resourcesOf(Events, "AWS::Events::Rule");

describe("a stage that gets its events by EventBridge alone", () => {
  it("takes those of its partner event source, whole, and gives none up for a day", () => {
    expect(rule?.Properties).toMatchObject({
      Name: "prod-shop-StripeEvents",
      EventBusName: EVENT_SOURCE,
      EventPattern: { source: [EVENT_SOURCE], account: ["123456789012"] },
      State: "ENABLED",
      Targets: [
        {
          Id: "Target0",
          Arn: arnOf("StripeEvents"),
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: arnOf("StripeEventsDlq") },
        },
      ],
    });
  });

  it.each(["StripeEvents", "StripeEventsDlq"])("lets that one rule send to %s, and nobody else", (queue) => {
    const policies = resourcesOf(Events, "AWS::SQS::QueuePolicy").filter(([, { Properties }]) =>
      JSON.stringify(Properties.Queues).includes(idOf(queue)),
    );
    const statements = policies.flatMap(([, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as { Statement: { Effect: string }[] };
      return Statement.filter(({ Effect }) => Effect === "Allow");
    });
    expect(statements).toEqual([
      {
        Sid: "PartnerEvents",
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: arnOf(queue),
        Condition: { ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": [ruleId, "Arn"] } } },
      },
    ]);
  });

  it("has no public webhook, and asks for no signing secret", () => {
    const routesOf = (template: typeof Api) =>
      resourcesOf(template, "AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties.RouteKey);
    const others = routesOf(webhook.Api).filter((route) => route !== "POST /api/webhooks/stripe");
    expect(routesOf(Api)).toEqual(others);
    expect(others.length).toBe(routesOf(webhook.Api).length - 1);
    expect(lambdasOf(Api).map(nameOf)).not.toContain("receive-stripe-event");
    const [[, stage] = []] = resourcesOf(Api, "AWS::ApiGatewayV2::Stage");
    expect(Object.keys(stage?.Properties.RouteSettings as object)).toEqual(["GET /api/health"]);
    for (const template of [Api, Events, Secrets]) {
      expect(JSON.stringify(template.toJSON())).not.toContain("STRIPE_WEBHOOK_SECRET");
    }
  });

  it("rings when EventBridge gives an event up, and for no signature", () => {
    const alarms = alarmsOf("frankfurt");
    const names = alarms.map(({ AlarmName }) => AlarmName);
    expect(names).not.toContain("prod-shop-SignaturesRejected");
    expect(alarms.find(({ AlarmName }) => AlarmName === "prod-shop-EventsUndelivered")).toMatchObject({
      Namespace: "AWS/Events",
      MetricName: "FailedInvocations",
      Dimensions: [
        { Name: "EventBusName", Value: EVENT_SOURCE },
        { Name: "RuleName", Value: rule?.Properties.Name },
      ],
      Statistic: "Sum",
      Threshold: 1,
      AlarmDescription: expect.stringContaining("docs/runbook.md#eventsundelivered"),
    });
    expect(readFileSync("docs/runbook.md", "utf8")).toMatch(/^### EventsUndelivered$/m);
  });
});

it("a stage that gets its events by the webhook has nothing of it", () => {
  expect(resourcesOf(webhook.Events, "AWS::Events::Rule")).toEqual([]);
  expect(JSON.stringify(webhook.Events.toJSON())).not.toContain("events.amazonaws.com");
});
