import { readSetting } from "@turnpike/settings";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { type StackContext, use } from "sst/constructs";
import { createAlarm } from "./alarm.ts";
import { alarmRules } from "./alarms.ts";
import { Api } from "./api.ts";
import { createDashboard } from "./dashboard.ts";
import { countRefusedByLimits } from "./metrics.ts";
import { Relay } from "./relay.ts";

/** Who is told when something is wrong, and what they look at. On stages that are watched: see `stage.ts`. */
export function Monitoring({ app, stack }: StackContext) {
  const { operator: topic } = use(Relay);
  const email = readSetting("ALARM_EMAIL");
  if (email) topic?.addSubscription(new EmailSubscription(email));

  const { api, failing } = use(Api);
  if (api.cdk.accessLogGroup) countRefusedByLimits(stack, app, api.cdk.accessLogGroup);
  const others = Object.entries(alarmRules(app)).map(([id, rule]) => createAlarm({ app, stack }, id, rule));
  createDashboard(stack, app, [...(failing ? [failing] : []), ...others]);
  stack.addOutputs({ AlarmTopicArn: topic?.topicArn });
}
