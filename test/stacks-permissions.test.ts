import { execFileSync } from "node:child_process";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import {
  ASSEMBLIES,
  type LambdaProperties,
  lambdasOf,
  nameOf,
  readTemplates,
  resourcesOf,
  SECRET_CANARY,
} from "./templates.ts";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

const CUSTOMER_ROUTE = ["ssm:GetParameters Secret/STRIPE_SECRET_KEY", "ssm:GetParameters Secret/SUPABASE_SECRET_KEY"];

/** All that each function may do, beside writing its log. */
const EXPECTED: Record<string, string[]> = {
  "receive-stripe-event": ["sqs:SendMessage StripeEvents", "ssm:GetParameters Secret/STRIPE_WEBHOOK_SECRET"],
  "apply-stripe-events": [
    "sqs:ChangeMessageVisibility StripeEvents",
    "sqs:DeleteMessage StripeEvents",
    "sqs:GetQueueAttributes StripeEvents",
    "sqs:GetQueueUrl StripeEvents",
    "sqs:ReceiveMessage StripeEvents",
    "sqs:SendMessage RelayWakeUps",
    "sqs:SendMessage StripeEventsDlq",
    ...CUSTOMER_ROUTE,
  ],
  "relay-notices": [
    "sqs:ChangeMessageVisibility RelayWakeUps",
    "sqs:DeleteMessage RelayWakeUps",
    "sqs:GetQueueAttributes RelayWakeUps",
    "sqs:GetQueueUrl RelayWakeUps",
    "sqs:ReceiveMessage RelayWakeUps",
    ...CUSTOMER_ROUTE,
  ],
  "read-account": CUSTOMER_ROUTE,
  reconcile: ["sqs:SendMessage StripeEvents", ...CUSTOMER_ROUTE],
  "create-checkout-session": CUSTOMER_ROUTE,
  "get-checkout-session": CUSTOMER_ROUTE,
  "create-checkout": CUSTOMER_ROUTE,
  "create-portal": CUSTOMER_ROUTE,
  "preview-change": CUSTOMER_ROUTE,
  "next-payment": CUSTOMER_ROUTE,
  "change-plan": CUSTOMER_ROUTE,
  "cancel-subscription": CUSTOMER_ROUTE,
  "resume-subscription": CUSTOMER_ROUTE,
  health: CUSTOMER_ROUTE,
};

/** Functions that only stages that are watched have. */
const WHERE_WATCHED_ALONE: Record<string, string[]> = { "watch-edge": [] };

/** What it may do beside that, where there is someone to tell. */
const WHERE_WATCHED: Record<string, string[]> = { "relay-notices": ["sns:Publish Alarms"] };

/** Actions on more than one named resource, and why. None is in a role of ours. */
const WILDCARDS: Record<string, string> = {
  "logs:PutRetentionPolicy": "CDK's custom resource that sets the retention of every function's log group",
  "logs:DeleteRetentionPolicy": "the same",
  "s3:ListBucket": "SST's custom resource that uploads the site: every object of the site's bucket",
  "s3:PutObject": "the same",
  "s3:DeleteObject": "the same",
  "s3:GetObject": "the same, from CDK's bucket of assets",
};

/** What tracing needs, and X-Ray cannot narrow; `dev` is built with it. */
const TRACING = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];

const stages = { prod: readTemplates("prod"), dev: readTemplates("dev") };
const everyTemplate = Object.values(stages).flatMap((templates) => Object.values(templates));

function statementsOf(template: Template, roleId?: string): Statement[] {
  const inline = resourcesOf(template, "AWS::IAM::Policy").filter(
    ([, { Properties }]) => !roleId || JSON.stringify(Properties.Roles).includes(`"Ref":"${roleId}"`),
  );
  const ofRoles = resourcesOf(template, "AWS::IAM::Role")
    .filter(([id]) => !roleId || id === roleId)
    .flatMap(([, { Properties }]) => (Properties.Policies ?? []) as { PolicyDocument: { Statement: Statement[] } }[]);
  const documents = [
    ...inline.map(([, { Properties }]) => Properties.PolicyDocument as { Statement: Statement[] }),
    ...ofRoles.map(({ PolicyDocument }) => PolicyDocument),
  ];
  return documents.flatMap(({ Statement }) => Statement);
}

/** `sqs:SendMessage StripeEvents`: what a function may do to what, in the words of the stacks. */
function permissionsOf(template: Template, lambda: LambdaProperties): string[] {
  const permissions = statementsOf(template, lambda.Role["Fn::GetAtt"][0]).flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${shortName(resource)}`)),
  );
  return [...new Set(permissions)].sort();
}

/** A secret's parameter is that of the stage, or the one that stages share. */
function shortName(resource: unknown): string {
  const text = JSON.stringify(resource);
  const secret = /parameter\/sst\/turnpike\/(?:prod|dev|\.fallback)\/(Secret\/\w+)\/value"/.exec(text);
  return (
    secret?.[1] ??
    /(StripeEvents(?:Dlq)?|RelayWakeUps)Queue\w+/.exec(text)?.[1] ??
    /"Ref":"(Alarms)\w+"/.exec(text)?.[1] ??
    text
  );
}

describe.each(Object.entries(stages))("in %s", (stage, templates) => {
  it("each function may do what it needs and nothing else", () => {
    const found = Object.values(templates).flatMap((template) =>
      lambdasOf(template).map((lambda) => [nameOf(lambda), permissionsOf(template, lambda)]),
    );
    const tracing = stage === "dev" ? TRACING.map((action) => `${action} "*"`) : [];
    const watched = stage === "prod" ? WHERE_WATCHED : {};
    const all = { ...EXPECTED, ...(stage === "prod" && WHERE_WATCHED_ALONE) };
    const expected = Object.entries(all).map(([name, permissions]) => [
      name,
      [...permissions, ...(watched[name] ?? []), ...tracing].sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  });
});

it("no role may do everything with anything", () => {
  const statements = everyTemplate.flatMap((template) => statementsOf(template));
  expect(statements.length).toBeGreaterThan(0);
  for (const { Action, Resource } of statements) {
    for (const action of [Action].flat()) {
      expect(action).not.toContain("*");
      if (JSON.stringify(Resource).includes("*")) expect([...Object.keys(WILDCARDS), ...TRACING]).toContain(action);
    }
  }
});

it("of AWS's own policies, functions have the one that lets them write their log, and CodeDeploy the one to move an alias", () => {
  const allowed: Record<string, string> = {
    "lambda.amazonaws.com": "service-role/AWSLambdaBasicExecutionRole",
    "codedeploy.amazonaws.com": "service-role/AWSCodeDeployRoleForLambdaLimited",
  };
  for (const [, { Properties }] of everyTemplate.flatMap((template) => resourcesOf(template, "AWS::IAM::Role"))) {
    const [whose = ""] = /\w+\.amazonaws\.com/.exec(JSON.stringify(Properties.AssumeRolePolicyDocument)) ?? [];
    const policies = (Properties.ManagedPolicyArns ?? []) as unknown[];
    for (const policy of policies) expect(JSON.stringify(policy)).toContain(allowed[whose]);
  }
});

it("a function is bound to its own secrets, and finds no value of theirs in its environment", () => {
  for (const template of everyTemplate) {
    for (const lambda of lambdasOf(template)) {
      const bound = Object.entries(lambda.Environment.Variables).filter(([name]) => name.startsWith("SST_Secret_"));
      for (const [, value] of bound) expect(value).toBe("__FETCH_FROM_SSM__");
      const permitted = (EXPECTED[nameOf(lambda)] ?? []).filter((permission) => permission.includes("Secret/"));
      expect(bound.map(([name]) => name.replace("SST_Secret_value_", "ssm:GetParameters Secret/")).sort()).toEqual(
        permitted.sort(),
      );
    }
  }
});

it("no secret of the machine that builds gets into a template, a bundle or the site", () => {
  const search = (path: string) => execFileSync("grep", ["-rlF", SECRET_CANARY, path, "--exclude-dir=node_modules"]);
  for (const path of [ASSEMBLIES, ".sst/artifacts", "packages/web/dist"]) {
    expect(() => search(path), `grep finds nothing in ${path}`).toThrow(expect.objectContaining({ status: 1 }));
  }
});
