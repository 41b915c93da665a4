import { Aspects, CfnResource } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { App } from "sst/constructs";

/** The newest long-term release that Lambda has. Until when, and what then: docs/decisions/0001-sst-v2-on-lambda.md. */
export const RUNTIME = "nodejs24.x";

/** Of SST's and CDK's own functions, too: they have an older one in their code, in which Lambda will not let a new stage be made. */
export function useOneRuntime(app: App): void {
  Aspects.of(app).add({
    visit(node) {
      if (!(node instanceof CfnResource) || node.cfnResourceType !== "AWS::Lambda::Function") return;
      // What the rules of AWS look at, and what the template has: some of CDK's are no `CfnFunction`.
      if (node instanceof CfnFunction) node.runtime = RUNTIME;
      node.addPropertyOverride("Runtime", RUNTIME);
    },
  });
}
