import { readdirSync, readFileSync } from "node:fs";
import { Template } from "aws-cdk-lib/assertions";

/** Where `stacks-setup.ts` leaves the cloud assemblies, one folder per stage. */
export const ASSEMBLIES = ".sst/dist-test";

/** There once they all are; not empty when one could not be made. */
export const MADE = `${ASSEMBLIES}/made`;

/** Stands in the environment of the build where a secret would, and must not come out of it. */
export const SECRET_CANARY = "sk_test_secret_canary";

/** Of Stripe's EventBridge destination, by which alone `frankfurt` gets its events. */
export const EVENT_SOURCE = "aws.partner/stripe.com/ed_61Tgbw4tAWzZeirTG16";

/** `frankfurt` is the `prod` of another product, in another region. */
export type Stage = "dev" | "staging" | "prod" | "frankfurt";
export type StackName =
  | "Api"
  | "Edge"
  | "Events"
  | "Monitoring"
  | "Reading"
  | "Reconcile"
  | "Relay"
  | "Secrets"
  | "Site";

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  DependsOn?: string[];
  UpdatePolicy?: { CodeDeployLambdaAliasUpdate?: { DeploymentGroupName: { Ref: string } } };
}

export interface LambdaProperties {
  Handler: string;
  Runtime: string;
  Architectures: string[];
  Timeout: number;
  Role: { "Fn::GetAtt": [id: string, "Arn"] };
  Environment: { Variables: Record<string, unknown> };
  TracingConfig?: { Mode: string };
}

/** The templates of a stage. */
export function readTemplates(stage: Stage): Record<StackName, Template> {
  const folder = `${ASSEMBLIES}/${stage}`;
  const templates = readdirSync(folder)
    .filter((file) => file.endsWith(".template.json"))
    .map((file) => [
      file.replace(/^.*-(\w+)\.template\.json$/, "$1"),
      Template.fromJSON(JSON.parse(readFileSync(`${folder}/${file}`, "utf8"))),
    ]);
  return Object.fromEntries(templates);
}

/** A template's resources of one type, by their logical id. */
export function resourcesOf(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.findResources(type)) as [string, Resource][];
}

/** The alarms of a stage, in whichever of its stacks. */
export function alarmsOf(stage: Stage): Record<string, unknown>[] {
  return Object.values(readTemplates(stage)).flatMap((template) =>
    resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties),
  );
}

/** A template's functions that are ours; SST and CDK bring some of their own. */
export function lambdasOf(template: Template): LambdaProperties[] {
  return resourcesOf(template, "AWS::Lambda::Function")
    .map(([, { Properties }]) => Properties as unknown as LambdaProperties)
    .filter(({ Handler }) => Handler.startsWith("packages/"));
}

/** `packages/functions/src/health.handler` → `health`. */
export function nameOf({ Handler }: LambdaProperties): string {
  return Handler.replace(/^.*\/(.+)\.\w+$/, "$1");
}
