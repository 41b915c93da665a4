import { readSetting } from "@turnpike/settings";
import { Alarm, ComparisonOperator } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { StackContext } from "sst/constructs";
import { type AlarmRule, alarmRules, missingDataTreatment } from "./alarms.ts";
import { createDashboard } from "./dashboard.ts";

/** Who is told when something is wrong, and what they look at. On stages that are watched: see `stage.ts`. */
export function Monitoring({ app, stack }: StackContext) {
  // Not encrypted with a key of our own: it would cost $1 a month, and CloudWatch would need access to it. The mails name no
  // customer and no amount.
  const topic = new Topic(stack, "Alarms", { enforceSSL: true });
  // `enforceSSL` gives the topic a policy in place of the default one, which had let the account's alarms publish.
  topic.grantPublish(
    new ServicePrincipal("cloudwatch.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": app.account } },
    }),
  );
  const email = readSetting("ALARM_EMAIL");
  if (email) topic.addSubscription(new EmailSubscription(email));

  const alarms = Object.entries(alarmRules(app)).map(([id, rule]) => {
    const alarm = createAlarm(stack, id, rule);
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    return alarm;
  });
  createDashboard(stack, app, alarms);
  stack.addOutputs({ AlarmTopicArn: topic.topicArn });
}

function createAlarm(stack: StackContext["stack"], id: string, rule: AlarmRule): Alarm {
  return new Alarm(stack, id, {
    alarmName: `${stack.stage}-turnpike-${id}`,
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
