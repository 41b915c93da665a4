import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { type App, Cron, Api as HttpApi, Function as Lambda } from "sst/constructs";

export const EVERY_MINUTE = { period: Duration.minutes(1), statistic: "Maximum" };

/** A metric of `packages/functions/src/metrics.ts`; the sum of five minutes, unless the options say otherwise. */
export function turnpikeMetric(app: App, metricName: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: "Turnpike",
    metricName,
    dimensionsMap: { stage: app.stage },
    statistic: "Sum",
    ...options,
  });
}

/**
 * Over our functions together, in five minutes; those that SST and CDK bring along are not among them. Nor are those that only a schedule
 * runs: each has an alarm of its own, which rings when no run ends well. Nor the routes of customers: the gateway answers 5xx for them, which has
 * an alarm, too. An alarm looks at ten metrics at most.
 */
export function sumOverFunctions(app: App, metric: "Errors" | "Throttles"): IMetric {
  const lambdas = app.node
    .findAll()
    .filter((construct): construct is Lambda => construct instanceof Lambda && !isToldOtherwise(construct.node.scope));
  return new MathExpression({
    expression: "SUM(METRICS())",
    usingMetrics: Object.fromEntries(
      lambdas.map((lambda, i) => [`${metric.toLowerCase()}${i}`, lambda.metric(metric, { statistic: "Sum" })]),
    ),
    label: metric,
  });
}

const isToldOtherwise = (owner: unknown) => owner instanceof Cron || owner instanceof HttpApi;
