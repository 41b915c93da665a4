import { Template } from "aws-cdk-lib/assertions";
import { App, getStack } from "sst/constructs";
import { initProject } from "sst/project.js";
import { beforeAll, describe, expect, it } from "vitest";
import { openApi } from "../scripts/openapi.ts";
import { Api, Events, Reconcile, Secrets, Site, stacks } from "../stacks/index.ts";

interface LambdaProperties {
  Handler: string;
  Runtime: string;
  Architectures: string[];
  Timeout: number;
  Environment: { Variables: Record<string, unknown> };
}
interface PolicyProperties {
  PolicyDocument: { Statement: { Action: string | string[] }[] };
}

const templates = {} as Record<"secrets" | "events" | "api" | "reconcile" | "site", Template>;

beforeAll(async () => {
  process.env.SITE_URL = "https://app.example.com";
  process.env.SUPABASE_URL = "https://project.supabase.co";
  process.env.SUPABASE_PUBLISHABLE_KEY = "sb_publishable_test";
  await initProject({ stage: "test", root: process.cwd() });
  const app = new App(
    { mode: "deploy", stage: "test", name: "turnpike", region: "us-east-1", account: "123456789012" },
    { outdir: ".sst/dist-test" },
  );
  stacks(app);
  await app.finish(); // bundles every handler and builds the site
  for (const [name, stack] of Object.entries({
    secrets: Secrets,
    events: Events,
    api: Api,
    reconcile: Reconcile,
    site: Site,
  })) {
    templates[name as keyof typeof templates] = Template.fromStack(getStack(stack));
  }
}, 180_000);

function lambdas(template: Template): LambdaProperties[] {
  const functions = template.findResources("AWS::Lambda::Function");
  return Object.values(functions)
    .map((resource) => resource.Properties as LambdaProperties)
    .filter(({ Handler }) => Handler.startsWith("packages/"));
}

/** What `docs/openapi.json` documents, as API Gateway's route keys. */
function documentedRoutes(): string[] {
  const { paths } = openApi() as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function actionsOf(template: Template): string[] {
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  return policies.flatMap(({ Properties }) =>
    (Properties as PolicyProperties).PolicyDocument.Statement.flatMap(({ Action }) => Action),
  );
}

describe("the stacks", () => {
  it("route every endpoint to a Lambda of its own", () => {
    const routes = Object.values(templates.api.findResources("AWS::ApiGatewayV2::Route"));
    const routeKeys = routes.map(({ Properties }) => Properties.RouteKey).sort();
    expect(routeKeys).toEqual(documentedRoutes().sort());
    expect(routeKeys).toEqual([
      "GET /api/checkout_sessions/{id}",
      "GET /api/health",
      "POST /api/checkout_sessions",
      "POST /api/stripe/create-checkout",
      "POST /api/stripe/create-portal",
      "POST /api/webhooks/stripe",
    ]);
    expect(lambdas(templates.api)).toHaveLength(6);
  });

  it("run on Node 22 and arm64, within API Gateway's 29 seconds", () => {
    for (const lambda of [...lambdas(templates.api), ...lambdas(templates.events), ...lambdas(templates.reconcile)]) {
      expect(lambda).toMatchObject({ Runtime: "nodejs22.x", Architectures: ["arm64"] });
    }
    for (const lambda of lambdas(templates.api)) expect(lambda.Timeout).toBeLessThanOrEqual(29);
  });

  it("give a function only the secrets that it needs", () => {
    const secretsOf = (handler: string, template: Template) =>
      Object.keys(lambdas(template).find(({ Handler }) => Handler.includes(handler))?.Environment.Variables ?? {})
        .filter((name) => name.startsWith("SST_Secret_"))
        .map((name) => name.replace("SST_Secret_value_", ""))
        .sort();
    expect(secretsOf("receive-stripe-event", templates.api)).toEqual(["STRIPE_WEBHOOK_SECRET"]);
    expect(secretsOf("create-checkout", templates.api)).toEqual(["STRIPE_SECRET_KEY", "SUPABASE_SECRET_KEY"]);
    expect(secretsOf("apply-stripe-events", templates.events)).toEqual(["STRIPE_SECRET_KEY", "SUPABASE_SECRET_KEY"]);
  });

  it("never put a secret's value into a template", () => {
    const secretVariables = Object.values(templates).flatMap((template) =>
      lambdas(template).flatMap(({ Environment }) =>
        Object.entries(Environment.Variables).filter(([name]) => name.startsWith("SST_Secret_")),
      ),
    );
    expect(secretVariables.length).toBeGreaterThan(0);
    for (const [, value] of secretVariables) expect(value).toBe("__FETCH_FROM_SSM__");
  });

  it("let the receiver and the reconciler send to the queue and do nothing else with it", () => {
    for (const template of [templates.api, templates.reconcile]) {
      const sqs = actionsOf(template).filter((action) => action.startsWith("sqs:"));
      expect(new Set(sqs)).toEqual(new Set(["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]));
    }
  });

  it("report single messages of a batch as failed and move those that keep failing to the dead-letter queue", () => {
    templates.events.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    templates.events.hasResourceProperties("AWS::SQS::Queue", { RedrivePolicy: { maxReceiveCount: 5 } });
    templates.events.hasResourceProperties("AWS::SQS::Queue", { MessageRetentionPeriod: 14 * 24 * 3600 });
    templates.events.resourceCountIs("AWS::CloudWatch::Alarm", 1);
  });

  it("keep a message hidden longer than its consumer may run", () => {
    const queues = Object.values(templates.events.findResources("AWS::SQS::Queue"));
    const source = queues.find(({ Properties }) => Properties.RedrivePolicy);
    const [consumer] = lambdas(templates.events);
    expect(source?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(
      6 * (consumer?.Timeout ?? Number.POSITIVE_INFINITY),
    );
  });

  it("run the reconciliation on a schedule", () => {
    templates.reconcile.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(15 minutes)" });
  });

  it("serve the site and /api/* from one CloudFront distribution, and leave the API's 404s alone", () => {
    const [distribution] = Object.values(templates.site.findResources("AWS::CloudFront::Distribution"));
    const { CacheBehaviors, CustomErrorResponses } = distribution?.Properties.DistributionConfig ?? {};
    expect(CacheBehaviors.map(({ PathPattern }: { PathPattern: string }) => PathPattern)).toContain("/api/*");
    expect(CustomErrorResponses ?? []).toEqual([]);
  });
});
