import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import { type App, type Stack, use } from "sst/constructs";
import { Api } from "./api.ts";
import { Events } from "./events.ts";
import { EVERY_MINUTE, refusedByLimits, sumOverFunctions, turnpikeMetric } from "./metrics.ts";
import { globalName } from "./names.ts";

const FULL_WIDTH = 24;

/** How the system is, at a glance: what came in, what became of it, how late it is, and what customers get to see. */
export function createDashboard(stack: Stack, app: App, alarms: Alarm[]): void {
  const dashboard = new Dashboard(stack, "Dashboard", { dashboardName: globalName(app) });
  dashboard.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms, width: FULL_WIDTH, height: 3 }));
  dashboard.addWidgets(
    graph("Webhook deliveries", counts(app, "received", "rejected", "unsigned", "apiVersionMismatch", "otherAccount")),
    graph("Events", counts(app, "applied", "stale", "duplicate", "ambiguous", "failed")),
    graph("Reconciliation", [
      ...counts(app, "reconcileGap"),
      turnpikeMetric(app, "reconcileBehind", { statistic: "Maximum", label: "reconcileBehind (s)" }),
    ]),
  );
  dashboard.addWidgets(
    graph("Objects that differ from Stripe's", [
      turnpikeMetric(app, "differing", { statistic: "Maximum", label: "differing" }),
      ...counts(app, "drift", "impossible"),
    ]),
    graph("Notices that failed", counts(app, "noticesFailed")),
    graph("For a person to look at", [
      ...counts(app, "unownedPurchases", "doubleSubscriptions"),
      turnpikeMetric(app, "noticesGivenUp", { statistic: "Maximum", label: "noticesGivenUp" }),
    ]),
  );
  dashboard.addWidgets(...queueWidgets(app));
  dashboard.addWidgets(...apiWidgets(app));
  dashboard.addWidgets(routesWidget());
  dashboard.addWidgets(
    graph("Functions", [sumOverFunctions(app, "Errors"), sumOverFunctions(app, "Throttles")], FULL_WIDTH),
  );
}

function queueWidgets(app: App): GraphWidget[] {
  const { events, deadLetters } = use(Events);
  const lag = (statistic: string) => turnpikeMetric(app, "lag", { statistic, label: `lag ${statistic}` });
  return [
    graph("From Stripe to Postgres (s), and how many took over a minute", [
      lag("p50"),
      lag("p99"),
      ...counts(app, "late"),
    ]),
    graph("Longest wait (s)", [
      events.cdk.queue.metricApproximateAgeOfOldestMessage({ ...EVERY_MINUTE, label: "in the queue" }),
      turnpikeMetric(app, "waited", { statistic: "Maximum", label: "waited: tried already" }),
    ]),
    graph("Waiting messages", [
      events.cdk.queue.metricApproximateNumberOfMessagesVisible({ ...EVERY_MINUTE, label: "queue" }),
      deadLetters.cdk.queue.metricApproximateNumberOfMessagesVisible({ ...EVERY_MINUTE, label: "dead letters" }),
    ]),
  ];
}

function apiWidgets(app: App): GraphWidget[] {
  const { httpApi } = use(Api).api.cdk;
  const latency = (statistic: string) => httpApi.metricLatency({ statistic, label: `latency ${statistic}` });
  return [
    graph("Requests", [httpApi.metricCount({ statistic: "Sum", label: "requests" })]),
    graph("Refused and failed requests", [
      httpApi.metricClientError({ statistic: "Sum", label: "4xx" }),
      httpApi.metricServerError({ statistic: "Sum", label: "5xx" }),
      turnpikeMetric(app, "failedPages", { label: "browsers led to a page instead of 5xx" }),
      refusedByLimits(app).with({ label: "429" }),
      ...counts(app, "edgeFailed"),
      turnpikeMetric(app, "certificateDays", { statistic: "Minimum", label: "days that the certificate is good for" }),
    ]),
    graph("Latency (ms)", [latency("p50"), latency("p99")]),
  ];
}

/** Out of the access log, which is there: API Gateway's own metrics per route would cost $0.30 a month each. */
function routesWidget(): LogQueryWidget {
  const { accessLogGroup } = use(Api).api.cdk;
  return new LogQueryWidget({
    title: "Routes",
    logGroupNames: accessLogGroup ? [accessLogGroup.logGroupName] : [],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      "stats count(*) as requests, pct(responseLatency, 50) as p50, pct(responseLatency, 99) as p99, " +
        "sum(status >= 400 and status < 500) as refused, sum(status >= 500) as failed by routeKey",
      "sort requests desc",
    ],
    width: FULL_WIDTH,
  });
}

const counts = (app: App, ...names: string[]) => names.map((name) => turnpikeMetric(app, name, { label: name }));

function graph(title: string, left: IMetric[], width: GraphWidgetProps["width"] = FULL_WIDTH / 3): GraphWidget {
  return new GraphWidget({ title, left, width, leftYAxis: { min: 0 } });
}
