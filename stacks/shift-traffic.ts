import { readSetting } from "@turnpike/settings";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Alias } from "aws-cdk-lib/aws-lambda";
import { type App, type FunctionProps, type Api as HttpApi, Function as Lambda } from "sst/constructs";
import { regionalName } from "./names.ts";

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
export function shiftTraffic(app: App, api: HttpApi, routes: Routes) {
  const shift = readSetting("DEPLOY_AT_ONCE") ? undefined : shifter(app, api);
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

function shifter(app: App, api: HttpApi) {
  const application = new LambdaApplication(api, "Deployments");
  const role = new Role(api, "DeploymentRole", { assumedBy: new ServicePrincipal("codedeploy.amazonaws.com") });
  const { region, account } = app;
  // By its name: it is made in a stack that needs this one. A first deploy has nothing to move, and asks for no alarm.
  const failing = Alarm.fromAlarmArn(
    api,
    "ApiFailing",
    `arn:aws:cloudwatch:${region}:${account}:alarm:${regionalName(app, "ApiFailing")}`,
  );
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
