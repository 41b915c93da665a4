import { type Alarm, type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { App, Api as HttpApi, StackContext } from "sst/constructs";
import { createAlarm } from "./alarm.ts";
import { turnpikeMetric } from "./metrics.ts";

/** In the API's own stack: a deploy that moves requests stops when it rings, and so needs it before the first one. */
export function apiFailing({ app, stack }: StackContext, api: HttpApi): Alarm {
  return createAlarm({ app, stack }, "ApiFailing", {
    means: "The API fails: programs get 5xx, browsers are led to a page that says so.",
    metric: failures(app, api),
    threshold: 3,
  });
}

/** A browser that navigates gets a redirect where a program gets a 5xx, so that the gateway does not count it. */
function failures(app: App, api: HttpApi): IMetric {
  return new MathExpression({
    expression: "FILL(answers, 0) + FILL(pages, 0)",
    usingMetrics: {
      answers: api.cdk.httpApi.metricServerError({ statistic: "Sum" }),
      pages: turnpikeMetric(app, "failedPages"),
    },
    label: "failures",
  });
}
