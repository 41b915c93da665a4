import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { type StackContext, use } from "sst/constructs";
import { regionalName } from "./names.ts";
import { Relay } from "./relay.ts";

export interface AlarmRule {
  /** What the mail says. */
  means: string;
  metric: IMetric;
  /** Rings when the metric is at least this. */
  threshold: number;
  /** For how many periods in a row. */
  periods?: number;
  /** Rings when it is less than the threshold, instead. */
  whenBelow?: boolean;
  /** Rings when there is nothing at all: that something is counted is a sign of life. */
  whenSilent?: boolean;
}

/** On a stage that is watched. It mails when it rings, and when all is well again. */
export function createAlarm({ app, stack }: StackContext, id: string, rule: AlarmRule): Alarm {
  const { operator: topic } = use(Relay);
  if (!topic) throw new Error("A stage that is watched has a topic: see relay.ts");
  const alarm = new Alarm(stack, id, {
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
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
  return alarm;
}

/** To most alarms no data means that nothing happened. */
function missingDataTreatment({ whenSilent }: AlarmRule): TreatMissingData {
  return whenSilent ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING;
}
