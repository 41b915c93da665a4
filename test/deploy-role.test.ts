import { readdirSync, readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";
import { expect, it } from "vitest";

// What the role of docs/github-deploy-role.yaml lets GitHub do, in the account 123456789012 for the stage prod.

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

const VALUES: Record<string, string> = {
  "AWS::Partition": "aws",
  "AWS::AccountId": "123456789012",
  Stage: "prod",
  App: "turnpike",
  Repository: "you/turnpike",
};

const stack = new Stack(new App({ analyticsReporting: false }), "Role");
new CfnInclude(stack, "Template", { templateFile: "docs/github-deploy-role.yaml" });
const roles = Template.fromStack(stack).findResources("AWS::IAM::Role");
const statementsOf = (id: string): Statement[] => roles[id]?.Properties.Policies[0].PolicyDocument.Statement;
const statements = statementsOf("Role");

const written = (value: unknown): string =>
  typeof value === "string"
    ? value
    : (value as { "Fn::Sub": string })["Fn::Sub"].replace(/\$\{([\w:]+)\}/g, (_, name) => VALUES[name] ?? "");

const fits = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replace(/[.$+()]/g, "\\$&").replaceAll("*", ".*")}$`).test(name);

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html: what no statement allows is denied. */
const allows = (action: string, resource: string) =>
  statements.some(
    ({ Action, Resource }) =>
      [Action].flat().some((pattern) => fits(pattern, action)) &&
      [Resource].flat().some((pattern) => fits(written(pattern), resource)),
  );

const STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/prod-turnpike-Api/1";
const CDK = "arn:aws:iam::123456789012:role/cdk-hnb659fds";

it.each([
  ["cloudformation:DescribeStacks", STACK],
  ["cloudformation:CreateStack", STACK],
  ["cloudformation:UpdateStack", STACK],
  ["sts:AssumeRole", `${CDK}-file-publishing-role-123456789012-us-east-1`],
  ["iam:PassRole", `${CDK}-cfn-exec-role-123456789012-us-east-1`],
  // As whoever calls it, CloudFormation reads the template, and the parameter that each template asks for:
  // https://repost.aws/knowledge-center/cfn-s3-access-denied-error
  ["s3:GetObject", "arn:aws:s3:::cdk-hnb659fds-assets-123456789012-us-east-1/0123.json"],
  ["ssm:GetParameters", "arn:aws:ssm:us-east-1:123456789012:parameter/cdk-bootstrap/hnb659fds/version"],
  ["s3:PutObject", "arn:aws:s3:::sstbootstrap-useast1-0123/stackMetadata/app.turnpike/stage.prod.json"],
])("may do what SST does as it deploys: %s on %s", (action, resource) => {
  expect(allows(action, resource)).toBe(true);
});

it.each([
  ["cloudformation:UpdateStack", STACK.replace("prod-turnpike-Api", "staging-turnpike-Api")],
  ["cloudformation:UpdateStack", STACK.replace("prod-turnpike-Api", "prod-shop-Api")],
  ["sts:AssumeRole", `${CDK}-deploy-role-123456789012-us-east-1`],
  ["sts:AssumeRole", "arn:aws:iam::123456789012:role/Administrator"],
  [
    "ssm:GetParameters",
    "arn:aws:ssm:us-east-1:123456789012:parameter/sst/turnpike/prod/Secret/STRIPE_SECRET_KEY/value",
  ],
  ["s3:GetObject", "arn:aws:s3:::customers/all.csv"],
  ["iam:CreateUser", "arn:aws:iam::123456789012:user/intruder"],
])("may do nothing else: %s on %s", (action, resource) => {
  expect(allows(action, resource)).toBe(false);
});

it("may do all that the code of SST asks for, that deploys", () => {
  const files = readdirSync("node_modules/sst/stacks").filter((file) => file.endsWith(".js"));
  const code = ["bootstrap.js", ...files.map((file) => `stacks/${file}`)].map((file) =>
    readFileSync(`node_modules/sst/${file}`, "utf8"),
  );
  const asked = new Set([...code.join().matchAll(/new (\w+)Command\(/g)].map(([, action]) => action));
  expect(asked).toContain("CreateStack");
  const allowed = statements.flatMap(({ Action }) => [Action].flat()).map((action) => action.replace(/^\w+:/, ""));
  const permission = (call = "") => (call === "ListObjectsV2" ? "ListBucket" : call);
  expect([...asked].map(permission).filter((action) => !allowed.includes(action))).toEqual([]);
});

it("whoever plans reads templates and the names of stacks, and nothing else", () => {
  expect(statementsOf("PlanRole").map(({ Action, Resource }) => [Action, written(Resource)])).toEqual([
    ["cloudformation:GetTemplate", "arn:aws:cloudformation:*:123456789012:stack/prod-turnpike-*"],
    ["cloudformation:DescribeStacks", "*"],
  ]);
});

it("each role is for its own environment of GitHub, in this repository alone", () => {
  const subjects = ["Role", "PlanRole"].map(
    (id) =>
      roles[id]?.Properties.AssumeRolePolicyDocument.Statement[0].Condition.StringEquals[
        "token.actions.githubusercontent.com:sub"
      ],
  );
  expect(subjects.map(written)).toEqual([
    "repo:you/turnpike:environment:prod",
    "repo:you/turnpike:environment:prod-plan",
  ]);
});
