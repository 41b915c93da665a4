import { expressionOf, type Series } from "./metric-math.ts";
import type { Resource } from "./templates.ts";

/** As much of CloudWatch as decides when an alarm of a template rings. */

interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}
type MetricQuery = { Id: string } & (
  | { Expression: string }
  | { Expression?: never; MetricStat: { Metric: Metric; Period: number; Stat: string } }
);
export interface Alarm extends Metric {
  AlarmName: string;
  Period: number;
  Statistic: string;
  Metrics?: MetricQuery[];
  EvaluationPeriods: number;
  Threshold: number;
  ComparisonOperator: "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  TreatMissingData: "breaching" | "notBreaching";
}

/** Numbers that a metric was given within a minute. */
export interface Sample {
  metric: string;
  minute: number;
  values: number[];
}

/** A metric is its namespace, its name and all of its dimensions: with one more or less it is another one. */
function keyOf({ Namespace, MetricName, Dimensions = [] }: Metric): string {
  const dimensions = Dimensions.map(({ Name, Value }) => `${Name}=${JSON.stringify(Value)}`).sort();
  return [Namespace, MetricName, ...dimensions].join(" ");
}

interface EmbeddedMetrics {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [field: string]: unknown;
}

/**
 * What a line of a log says in the embedded metric format.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function samplesOf(line: string): Sample[] {
  const fields: EmbeddedMetrics = JSON.parse(line);
  return (fields._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        metric: keyOf({
          Namespace,
          MetricName: Name,
          Dimensions: names.map((name) => ({ Name: name, Value: fields[name] })),
        }),
        minute: Math.floor(fields._aws.Timestamp / 60_000),
        values: [fields[Name]].flat() as number[],
      })),
    ),
  );
}

/**
 * What a filter makes of a line of a log: 1, for one that fits. As much of the patterns as the stacks use.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function filtered({ Properties }: Resource, line: string, minute: number): Sample[] {
  const [, field = "", wanted] = /^\{ \$\.(\w+) = "([^"]*)" \}$/.exec(String(Properties.FilterPattern)) ?? [];
  if (JSON.parse(line)[field] !== wanted) return [];
  const [{ MetricNamespace: Namespace, MetricName, MetricValue }] = Properties.MetricTransformations as [
    { MetricNamespace: string; MetricName: string; MetricValue: string },
  ];
  return [{ metric: keyOf({ Namespace, MetricName }), minute, values: [Number(MetricValue)] }];
}

/** One of AWS's own metrics, as the alarms call it: by its name, and a word of what it is about. */
export function awsSample(alarms: Alarm[], name: string, about: RegExp, minute: number, value: number): Sample {
  const all = alarms.flatMap(metricsOf);
  const metric = all.find(
    ({ MetricName, Dimensions }) => MetricName === name && about.test(JSON.stringify(Dimensions)),
  );
  if (!metric) throw new Error(`No alarm looks at ${name} of ${about}`);
  return { metric: keyOf(metric), minute, values: [value] };
}

const metricsOf = (alarm: Alarm): Metric[] =>
  alarm.Metrics?.flatMap((query) => (query.Expression === undefined ? query.MetricStat.Metric : [])) ?? [alarm];

/**
 * How often an alarm rings, within so many minutes: whenever it begins to be in alarm.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
 */
export function ringsOf(alarm: Alarm, samples: Sample[], minutes: number): number {
  const { EvaluationPeriods, Threshold, ComparisonOperator, TreatMissingData } = alarm;
  const isBreaching = (value: number | undefined) => {
    if (value === undefined) return TreatMissingData === "breaching";
    return ComparisonOperator === "LessThanThreshold" ? value < Threshold : value >= Threshold;
  };
  const breaching = lookedAt(alarm, samples, minutes).map(isBreaching);
  const inAlarm = breaching.map((_, at) => {
    const last = breaching.slice(Math.max(0, at + 1 - EvaluationPeriods), at + 1);
    return last.length === EvaluationPeriods && last.every(Boolean);
  });
  return inAlarm.filter((now, at) => now && !inAlarm[at - 1]).length;
}

function lookedAt(alarm: Alarm, samples: Sample[], minutes: number): Series {
  const read = (metric: Metric, period: number, statistic: string) => {
    const key = keyOf(metric);
    const own = samples.filter((sample) => sample.metric === key);
    return seriesOf(own, period / 60, statistic, minutes);
  };
  if (!alarm.Metrics) return read(alarm, alarm.Period, alarm.Statistic);
  let expression = "";
  const series = new Map<string, Series>();
  for (const query of alarm.Metrics) {
    if (query.Expression !== undefined) expression = query.Expression;
    else series.set(query.Id, read(query.MetricStat.Metric, query.MetricStat.Period, query.MetricStat.Stat));
  }
  return expressionOf(expression, series);
}

const STATISTICS: Record<string, (values: number[]) => number> = {
  Sum: (values) => values.reduce((sum, value) => sum + value, 0),
  Maximum: (values) => Math.max(...values),
  Minimum: (values) => Math.min(...values),
  SampleCount: (values) => values.length,
};

function seriesOf(samples: Sample[], period: number, statistic: string, minutes: number): Series {
  const periods: number[][] = Array.from({ length: Math.ceil(minutes / period) }, () => []);
  for (const { minute, values } of samples) periods[Math.floor(minute / period)]?.push(...values);
  const reckon = STATISTICS[statistic];
  if (!reckon) throw new Error(`No alarm was made on ${statistic} before`);
  return periods.map((values) => (values.length === 0 ? undefined : reckon(values)));
}
