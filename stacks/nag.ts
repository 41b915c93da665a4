import { Aspects, CfnResource } from "aws-cdk-lib";
import { AwsSolutionsChecks, type INagLogger, type NagLoggerNonComplianceData, NagSuppressions } from "cdk-nag";
import type { App } from "sst/constructs";
import { SUPPRESSIONS } from "./nag-suppressions.ts";

/**
 * Checks the stacks against cdk-nag's AWS Solutions rules. A finding that is not in `nag-suppressions.ts` makes the synth fail, and
 * the deploy with it.
 */
export function checkAwsRules(app: App): void {
  if (app.mode !== "deploy") return;
  const findings = new Findings();
  Aspects.of(app).add({ visit: (node) => node instanceof CfnResource && suppress(node, app) });
  Aspects.of(app).add(new AwsSolutionsChecks({ additionalLoggers: [findings] }));
  app.node.addValidation({ validate: () => findings.found });
}

function suppress(resource: CfnResource, { stage, name }: App): void {
  const path = resource.node.path.replace(`${stage}-${name}-`, "");
  const suppressions = SUPPRESSIONS.filter((suppression) => suppression.path.test(path)).map(
    ({ rule, reason, findings }) => ({ id: rule, reason, ...(findings && { appliesTo: findings }) }),
  );
  if (suppressions.length > 0) NagSuppressions.addResourceSuppressions(resource, suppressions);
}

class Findings implements INagLogger {
  readonly found: string[] = [];

  onNonCompliance({ ruleId, findingId, resource, ruleInfo }: NagLoggerNonComplianceData): void {
    this.found.push(`${ruleId}${findingId && `[${findingId}]`} ${resource.node.path}: ${ruleInfo}`);
  }

  onError({ ruleId, resource, errorMessage }: Parameters<INagLogger["onError"]>[0]): void {
    this.found.push(`${ruleId} could not look at ${resource.node.path}: ${errorMessage}`);
  }

  onCompliance(): void {}
  onSuppressed(): void {}
  onSuppressedError(): void {}
  onNotApplicable(): void {}
}
