import { readSetting } from "@turnpike/settings";
import { Alarm, ComparisonOperator } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { type StackContext, use } from "sst/constructs";
import { type AlarmRule, alarmRules, missingDataTreatment } from "./alarms.ts";
import { Api } from "./api.ts";
import { createDashboard } from "./dashboard.ts";
import { countRefusedByLimits } from "./metrics.ts";
import { regionalName } from "./names.ts";
import { Relay } from "./relay.ts";

/** Who is told when something is wrong, and what they look at. On stages that are watched: see `stage.ts`. */
export function Monitoring({ app, stack }: StackContext) {
  const { operator: topic } = use(Relay);
  if (!topic) throw new Error("A stage that is watched has a topic: see relay.ts");
  const email = readSetting("ALARM_EMAIL");
  if (email) topic.addSubscription(new EmailSubscription(email));

  const { accessLogGroup } = use(Api).api.cdk;
  if (accessLogGroup) countRefusedByLimits(stack, app, accessLogGroup);
  const alarms = Object.entries(alarmRules(app)).map(([id, rule]) => {
    const alarm = createAlarm({ app, stack }, id, rule);
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    return alarm;
  });
  createDashboard(stack, app, alarms);
  stack.addOutputs({ AlarmTopicArn: topic.topicArn });
}

function createAlarm({ app, stack }: Pick<StackContext, "app" | "stack">, id: string, rule: AlarmRule): Alarm {
  return new Alarm(stack, id, {
    alarmName: regionalName(app, id),
    alarmDescription: `${rule.means} What to do: docs/runbook.md#${id.toLowerCase()}`,
    metric: rule.metric,
    threshold: rule.threshold,
    evaluationPeriods: rule.periods ?? 1,
    comparisonOperator: rule.whenBelow
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: missingDataTreatment(rule),
  });
}
