import { expect, it } from "vitest";
import { alarmsOf, readTemplates, resourcesOf, type Stage } from "./templates.ts";

/** What an account has one of by its name in all, whatever region it is made from. */
const OF_THE_ACCOUNT = [
  "AWS::CloudFront::CachePolicy",
  "AWS::CloudFront::Function",
  "AWS::CloudFront::OriginAccessControl",
  "AWS::CloudFront::OriginRequestPolicy",
  "AWS::CloudFront::ResponseHeadersPolicy",
  "AWS::CloudWatch::Dashboard",
  "AWS::IAM::ManagedPolicy",
  "AWS::IAM::Role",
  "AWS::S3::Bucket",
];
const APP = { prod: "turnpike", frankfurt: "shop" };
const REGION = { prod: "us-east-1", frankfurt: "eu-central-1" };

/** Where a resource's own name stands: `QueueName`, `OriginAccessControlConfig.Name`; and not `MetricName`, which is another's. */
function nameIn(type: string, properties: Record<string, unknown>): unknown {
  const [, , kind = ""] = type.split("::");
  const { [`${kind}Config`]: config, ...plain } = properties;
  return plain[`${kind}Name`] ?? plain.Name ?? (config as { Name?: unknown } | undefined)?.Name;
}

/** Names that are written into the templates, as `AWS::SQS::Queue prod-turnpike-StripeEvents`. What has none gets one of AWS's own making. */
function namesIn(stage: Extract<Stage, "prod" | "frankfurt">): string[] {
  return Object.values(readTemplates(stage)).flatMap((template) => {
    const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    const types = new Set(Object.values(Resources).map(({ Type }) => Type));
    return [...types].flatMap((type) =>
      resourcesOf(template, type).flatMap(([, { Properties = {} }]) => {
        const name = nameIn(type, Properties);
        return typeof name === "string" ? [`${type} ${name}`] : [];
      }),
    );
  });
}
const isOfTheAccount = (name: string) => OF_THE_ACCOUNT.some((type) => name.startsWith(`${type} `));

/** What is named within its own role, function, API or zone: nothing that another product has can be in its way. */
const WITHIN = /^AWS::(IAM::Policy|Lambda::Alias|ApiGatewayV2::Stage|Route53::RecordSet) /;

it.each(["prod", "frankfurt"] as const)(
  "each name in %s is the product's own, and what an account has one of the region's",
  (stage) => {
    const names = namesIn(stage).filter((name) => !WITHIN.test(name));
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !name.includes("prod") || !name.includes(APP[stage]))).toEqual([]);
    const ofTheAccount = names.filter(isOfTheAccount);
    expect(ofTheAccount.length).toBeGreaterThanOrEqual(3);
    expect(ofTheAccount.filter((name) => !name.includes(REGION[stage]))).toEqual([]);
    for (const name of ofTheAccount) expect(name.split(" ")[1]?.length).toBeLessThanOrEqual(64);
  },
);

it("neither a second product nor a second region has a name of the first", () => {
  const [first, second] = [namesIn("prod"), namesIn("frankfurt")];
  // As they would be in the same region, and as they would be of the same product.
  const sameRegion = second.map((name) => name.replaceAll(REGION.frankfurt, REGION.prod));
  const sameProduct = second.map((name) => name.replaceAll(APP.frankfurt, APP.prod)).filter(isOfTheAccount);
  expect([...sameRegion, ...sameProduct].filter((name) => first.includes(name) && !WITHIN.test(name))).toEqual([]);
});

it("nor do its metrics add to those of the first", () => {
  const counted = alarmsOf("frankfurt").filter(({ Namespace }) => Namespace === "Turnpike");
  expect(counted.length).toBeGreaterThan(10);
  for (const { Dimensions } of counted)
    expect(Dimensions).toEqual([
      { Name: "app", Value: "shop" },
      { Name: "stage", Value: "prod" },
    ]);
});
