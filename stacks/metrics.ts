import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { type App, Cron, Api as HttpApi, Function as Lambda, type Stack } from "sst/constructs";

export const EVERY_MINUTE = { period: Duration.minutes(1), statistic: "Maximum" };

/** A metric of `packages/functions/src/metrics.ts`; the sum of five minutes, unless the options say otherwise. */
export function turnpikeMetric(app: App, metricName: string, options: MetricOptions = {}): Metric {
  return new Metric({
    namespace: "Turnpike",
    metricName,
    dimensionsMap: { app: app.name, stage: app.stage },
    statistic: "Sum",
    ...options,
  });
}

/**
 * Over our functions together, in five minutes; those that SST and CDK bring along are not among them. Nor are those that only a schedule
 * runs: each has an alarm of its own, which rings when no run ends well. Nor
 * the routes of customers: the gateway answers 5xx for them, which has an alarm, too. An alarm looks at ten metrics at most.
 */
export function sumOverFunctions(app: App, metric: "Errors" | "Throttles"): IMetric {
  const lambdas = app.node
    .findAll()
    .filter((construct): construct is Lambda => construct instanceof Lambda && !isToldOtherwise(construct.node.scope));
  return new MathExpression({
    // In a graph `METRICS()` alone is all that the graph shows.
    expression: `SUM(METRICS("${metric.toLowerCase()}"))`,
    usingMetrics: Object.fromEntries(
      lambdas.map((lambda, i) => [`${metric.toLowerCase()}${i}`, lambda.metric(metric, { statistic: "Sum" })]),
    ),
    label: metric,
  });
}

const isToldOtherwise = (owner: unknown) => owner instanceof Cron || owner instanceof HttpApi;

/** Requests that API Gateway has answered 429: it has no metric for them, so they are counted in the access log. */
export function refusedByLimits({ stage, name }: Pick<App, "stage" | "name">): Metric {
  return new Metric({ namespace: `Turnpike/${name}/${stage}`, metricName: "refusedByLimits", statistic: "Sum" });
}

/** Counts them. CloudWatch cannot give a metric out of a log a dimension that stands in no line, so product and stage are in its namespace. */
export function countRefusedByLimits(scope: Stack, app: Pick<App, "stage" | "name">, logGroup: ILogGroup): void {
  const { namespace, metricName } = refusedByLimits(app);
  new MetricFilter(scope, "RefusedByLimits", {
    logGroup,
    filterPattern: FilterPattern.stringValue("$.status", "=", "429"),
    metricNamespace: namespace,
    metricName,
  });
}
