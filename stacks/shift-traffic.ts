import { readSetting } from "@turnpike/settings";
import type { IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Alias } from "aws-cdk-lib/aws-lambda";
import { type FunctionProps, type Api as HttpApi, Function as Lambda } from "sst/constructs";

/** Routes as SST takes them: by a function, or by what one is made of. */
export type Routes = Record<string, Lambda | { function: FunctionProps }>;

/**
 * Has requests go to an alias of each route's function, and each deploy move them to the new version by a tenth a minute. When the
 * alarm rings meanwhile, CodeDeploy moves them back and the deploy fails.
 *
 * Not the consumers and the schedules: what they cannot do stays in the queue, or is done by the next run.
 *
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
 */
export function shiftTraffic(api: HttpApi, routes: Routes, failing: IAlarm) {
  const shift = readSetting("DEPLOY_AT_ONCE") ? undefined : shifter(api, failing);
  return Object.fromEntries(
    Object.entries(routes).map(([route, props]) => {
      // The same that SST would make.
      const lambda =
        props instanceof Lambda ? props : new Lambda(api, `Lambda_${route.replaceAll(/\W+/g, "_")}`, props.function);
      const alias = new Alias(lambda, "Live", { aliasName: "live", version: lambda.currentVersion });
      shift?.(lambda, alias);
      return [route, { cdk: { function: alias } }];
    }),
  );
}

function shifter(api: HttpApi, failing: IAlarm) {
  const application = new LambdaApplication(api, "Deployments");
  const role = new Role(api, "DeploymentRole", { assumedBy: new ServicePrincipal("codedeploy.amazonaws.com") });
  return (lambda: Lambda, alias: Alias) =>
    new LambdaDeploymentGroup(lambda, "Deployment", {
      application,
      role,
      alias,
      deploymentConfig: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
      alarms: [failing],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
}
