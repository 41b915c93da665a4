import type { App } from "sst/constructs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { environment } from "../stacks/environment.ts";
import { stacks } from "../stacks/index.ts";
import { alarmsOf, lambdasOf, readTemplates, resourcesOf } from "./templates.ts";

const prod = Object.values(readTemplates("prod"));
const dev = Object.values(readTemplates("dev"));

/** What holds something that a deploy cannot bring back. */
const DATA = ["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup"];

const deletionPoliciesOf = (templates: typeof prod) =>
  new Set(
    templates.flatMap((template) =>
      DATA.flatMap((type) => resourcesOf(template, type).map(([, { DeletionPolicy }]) => DeletionPolicy)),
    ),
  );

const retentionsOf = (templates: typeof prod) =>
  new Set(
    templates.flatMap((template) =>
      ["Custom::LogRetention", "AWS::Logs::LogGroup"].flatMap((type) =>
        resourcesOf(template, type).map(([, { Properties }]) => Properties.RetentionInDays),
      ),
    ),
  );

/** What the API's routes lead to, and are allowed to invoke. */
const invokedBy = ({ Api }: ReturnType<typeof readTemplates>) => {
  const resources = Api.toJSON().Resources;
  const targets = [
    ...resourcesOf(Api, "AWS::ApiGatewayV2::Integration").map(([, { Properties }]) => Properties.IntegrationUri),
    ...resourcesOf(Api, "AWS::Lambda::Permission").map(([, { Properties }]) => Properties.FunctionName),
  ] as { Ref?: string; "Fn::GetAtt"?: [string, string] }[];
  return new Set(targets.map((target) => resources[target.Ref ?? target["Fn::GetAtt"]?.[0] ?? ""]?.Type));
};

describe("prod", () => {
  it("keeps its data when its stacks go", () => {
    expect(deletionPoliciesOf(prod)).toEqual(new Set(["Retain", "RetainExceptOnCreate"]));
  });

  it("keeps its logs for three months", () => {
    expect(retentionsOf(prod)).toEqual(new Set([90]));
  });

  it("moves requests to a new version by a tenth a minute, and back when ApiFailing rings", () => {
    expect(invokedBy(readTemplates("prod"))).toEqual(new Set(["AWS::Lambda::Alias"]));
    const aliases = resourcesOf(readTemplates("prod").Api, "AWS::Lambda::Alias");
    expect(aliases).toHaveLength(11);
    // In this stack, so that it is there before what asks for it.
    const [[alarm] = []] = resourcesOf(readTemplates("prod").Api, "AWS::CloudWatch::Alarm");
    expect(alarm).toMatch(/^ApiFailing/);
    for (const [, { Properties, UpdatePolicy }] of aliases) {
      expect(Properties.FunctionVersion).toEqual({
        "Fn::GetAtt": [expect.stringContaining("CurrentVersion"), "Version"],
      });
      const { DeploymentGroupName } = UpdatePolicy?.CodeDeployLambdaAliasUpdate ?? {};
      const group = readTemplates("prod").Api.toJSON().Resources[DeploymentGroupName?.Ref ?? ""];
      expect(group?.Properties).toMatchObject({
        DeploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: alarm } }] },
        AutoRollbackConfiguration: { Enabled: true, Events: expect.arrayContaining(["DEPLOYMENT_STOP_ON_ALARM"]) },
      });
    }
  });

  it("with DEPLOY_AT_ONCE moves them without CodeDeploy, which an alarm that rings would stop", () => {
    expect(invokedBy(readTemplates("frankfurt"))).toEqual(new Set(["AWS::Lambda::Alias"]));
    for (const [, { UpdatePolicy }] of resourcesOf(readTemplates("frankfurt").Api, "AWS::Lambda::Alias"))
      expect(UpdatePolicy).toBeUndefined();
  });

  it("is not deployed to ring where nobody hears it", () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    const whole = {
      SITE_URL: "https://a.example",
      SUPABASE_URL: "https://b.example",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_b",
    };
    const unset = { STRIPE_API_BASE: "", STRIPE_EVENT_DESTINATION: "", ALARM_EMAIL: "" };
    for (const [name, value] of Object.entries({ ...whole, ...unset })) vi.stubEnv(name, value);
    expect(() => stacks({ mode: "deploy", stage: "prod", name: "turnpike" } as App)).toThrow("Not set: ALARM_EMAIL.");
  });

  it.each(["remove", "dev"] as const)('is left alone by "sst %s"', (mode) => {
    expect(() => stacks({ mode, stage: "prod", name: "turnpike" } as App)).toThrow(
      `The stage prod is protected from "sst ${mode}"`,
    );
  });
});

describe("staging", () => {
  it("is watched as prod is, keeps nothing, and has its requests served by the functions themselves", () => {
    const ringing = (stage: "staging" | "prod") =>
      alarmsOf(stage).map(({ AlarmName }) => `${AlarmName}`.replace(`${stage}-`, ""));
    expect(ringing("staging").length).toBeGreaterThan(20);
    expect(ringing("staging").sort()).toEqual(ringing("prod").sort());
    expect(deletionPoliciesOf(Object.values(readTemplates("staging")))).toEqual(new Set(["Delete"]));
    expect(retentionsOf(Object.values(readTemplates("staging")))).toEqual(new Set([30]));
    expect(invokedBy(readTemplates("staging"))).toEqual(new Set(["AWS::Lambda::Function"]));
  });
});

describe("no stage is deployed", () => {
  it.each([
    [
      "to ask another server than Stripe",
      { STRIPE_API_BASE: "http://127.0.0.1:12111" },
      "STRIPE_API_BASE is for a laptop",
    ],
    ["without a site", { SITE_URL: "" }, "Not set: SITE_URL."],
    [
      "without a project",
      { SUPABASE_URL: "", SUPABASE_PUBLISHABLE_KEY: "" },
      "Not set: SUPABASE_URL, SUPABASE_PUBLISHABLE",
    ],
    ["by EventBridge, from nowhere", { STRIPE_EVENT_DESTINATION: "eventbridge" }, "Not set: STRIPE_EVENT_SOURCE."],
    ["to a site without TLS", { SITE_URL: "http://localhost:3000" }, "SITE_URL must begin with https://"],
    ["by a project without TLS", { SUPABASE_URL: "http://b.example" }, "SUPABASE_URL must begin with https://"],
    [
      "with a secret key in its pages",
      { SUPABASE_PUBLISHABLE_KEY: "sb_secret_b" },
      "SUPABASE_PUBLISHABLE_KEY holds a secret key of Supabase's: copy the publishable key",
    ],
    [
      "with a secret that is none",
      { STRIPE_SECRET_KEY: "pk_test_1" },
      "STRIPE_SECRET_KEY holds the publishable key of",
    ],
  ])("%s", (_, settings, says) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    const whole = {
      SITE_URL: "https://a.example",
      SUPABASE_URL: "https://b.example",
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_b",
    };
    const unset = { STRIPE_API_BASE: "", STRIPE_EVENT_SOURCE: "" };
    for (const [name, value] of Object.entries({ ...whole, ...unset, ...settings })) vi.stubEnv(name, value);
    expect(() => stacks({ mode: "deploy", stage: "dev", name: "turnpike" } as App)).toThrow(says);
  });

  it.each(["production", "live", "main", "PRD", "Prod", "prod-eu", "eu-live"])(
    "as %s, which would be a personal one",
    (stage) => {
      expect(() => stacks({ mode: "deploy", stage, name: "turnpike" } as App)).toThrow("--stage prod is meant");
    },
  );
});

it("the name of a product that SST read too late is refused, and not deployed over the product of the other name", () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("APP_NAME", "shop");
  expect(() => stacks({ mode: "deploy", stage: "dev", name: "turnpike" } as App)).toThrow(
    'APP_NAME is "shop" in a .env file, and "turnpike" elsewhere: let .env.dev alone say it',
  );
});

describe("a personal stage", () => {
  it("has its requests served by the functions themselves", () => {
    expect(invokedBy(readTemplates("dev"))).toEqual(new Set(["AWS::Lambda::Function"]));
  });

  it("leaves nothing behind but logs of functions, and only SST's and CDK's own keep theirs for ever", () => {
    expect(deletionPoliciesOf(dev)).toEqual(new Set(["Delete"]));
    const forGood = dev.flatMap((template) => {
      const forgotten = resourcesOf(template, "Custom::LogRetention").map(([, { Properties }]) =>
        JSON.stringify(Properties.LogGroupName),
      );
      return resourcesOf(template, "AWS::Lambda::Function").flatMap(([id]) =>
        forgotten.some((group) => group.includes(`"${id}"`)) ? [] : [id],
      );
    });
    expect(forGood.length).toBeGreaterThan(0);
    for (const id of forGood) expect(id).toMatch(/^(CustomResourceHandler|LogRetention|CustomS3AutoDelete)/);
  });

  it("keeps its logs for a week", () => {
    expect(retentionsOf(dev)).toEqual(new Set([7]));
  });
});

it("a secret and a misspelt setting do not compile into a function's environment", () => {
  // @ts-expect-error
  expect(environment("STRIPE_SECRET_KEY")).toBeDefined();
  // @ts-expect-error
  expect(environment("SUPABASE_ULR")).toEqual({});
});

it("functions are traced only where tracing is on", () => {
  const modes = (templates: typeof prod) =>
    templates.flatMap((template) => lambdasOf(template).map(({ TracingConfig }) => TracingConfig?.Mode));
  expect(new Set(modes(prod))).toEqual(new Set([undefined]));
  expect(new Set(modes(dev))).toEqual(new Set(["Active"]));
});
