import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { type App, use } from "sst/constructs";
import type { AlarmRule } from "./alarm.ts";
import { Events } from "./events.ts";
import { intake } from "./intake.ts";
import { EVERY_MINUTE, refusedByLimits, sumOverFunctions, turnpikeMetric } from "./metrics.ts";
import { failedInvocations } from "./partner-events.ts";

/** What someone must look at, beside `api-failing.ts`. Each has its section in docs/runbook.md. */
export function alarmRules(app: App): Record<string, AlarmRule> {
  const { events, deadLetters } = use(Events);
  return {
    ...intakeRules(app),
    DeadLetters: {
      means: "Stripe events that could not be applied wait in the dead-letter queue.",
      metric: deadLetters.cdk.queue.metricApproximateNumberOfMessagesVisible(EVERY_MINUTE),
      threshold: 1,
    },
    MoreDeadLetters: {
      means: "More Stripe events became dead letters.",
      metric: increase(deadLetters.cdk.queue),
      threshold: 1,
    },
    EventsLate: {
      means: "A Stripe event has waited for more than five minutes to be applied.",
      metric: longestWait(app, events.cdk.queue),
      threshold: 300,
    },
    ApiVersionMismatch: {
      means: "Stripe sends events in another API version than the pinned one.",
      metric: turnpikeMetric(app, "apiVersionMismatch"),
      threshold: 1,
    },
    OtherAccount: {
      means: "Stripe events do not fit the secret key: they are of another account or mode.",
      metric: turnpikeMetric(app, "otherAccount"),
      threshold: 1,
    },
    FunctionErrors: {
      means: "A function threw, ran out of time or out of memory.",
      metric: sumOverFunctions(app, "Errors"),
      threshold: 3,
    },
    FunctionsThrottled: {
      means: "Lambda had no room for a function: the account's concurrency is used up.",
      metric: sumOverFunctions(app, "Throttles"),
      threshold: 1,
    },
    ReconcileGap: {
      means: "The reconciliation found events that the webhook should have brought.",
      metric: turnpikeMetric(app, "reconcileGap"),
      threshold: 1,
    },
    MirrorDiffers: {
      means:
        "Stripe holds objects that the mirror does not show, or shows otherwise; or a kind of them could not be read.",
      metric: turnpikeMetric(app, "differing", { statistic: "Maximum" }),
      threshold: 1,
    },
    MirrorDrifted: {
      means: "The mirror showed objects otherwise than Stripe, and no event says why. They are mended.",
      metric: turnpikeMetric(app, "drift"),
      threshold: 1,
    },
    HistoryImpossible: {
      means:
        "Ledger, rows and notices tell what cannot have happened: a fault of ours, or somebody else writes to these tables.",
      metric: turnpikeMetric(app, "impossible"),
      threshold: 1,
    },
    ReadingStopped: {
      means: "No run that reads Stripe's objects has ended well for fifteen minutes.",
      metric: turnpikeMetric(app, "differing", { statistic: "SampleCount", period: Duration.minutes(15) }),
      threshold: 1,
      whenBelow: true,
      whenSilent: true,
    },
    UnownedPurchases: {
      means: "Somebody has paid for what belongs to no user.",
      metric: turnpikeMetric(app, "unownedPurchases"),
      threshold: 1,
    },
    DoubleSubscriptions: {
      means: "Somebody had two subscriptions that exclude each other.",
      metric: turnpikeMetric(app, "doubleSubscriptions"),
      threshold: 1,
    },
    NoticesGivenUp: {
      means: "What had to be done, or told, failed for a day and waits for a person.",
      metric: turnpikeMetric(app, "noticesGivenUp", { statistic: "Maximum" }),
      threshold: 1,
    },
    RelayStopped: {
      means: "No run of the relay has ended well for fifteen minutes.",
      metric: turnpikeMetric(app, "noticesGivenUp", { statistic: "SampleCount", period: Duration.minutes(15) }),
      threshold: 1,
      whenBelow: true,
      whenSilent: true,
    },
    EventsSlow: {
      means:
        "Within an hour, one in seven Stripe events took more than a minute: a month's allowance of 1 % is gone in two days.",
      metric: shareLate(app, Duration.hours(1)),
      threshold: 14.4,
    },
    EventsSlowForLong: {
      means:
        "Within six hours, one in seventeen Stripe events took more than a minute: a month's allowance of 1 % is gone in five days.",
      metric: shareLate(app, Duration.hours(6)),
      threshold: 6,
    },
    CustomersRefused: {
      means: "The API answers 429: more requests come than its limits let through, for all customers together.",
      metric: refusedByLimits(app),
      threshold: 10,
    },
    SiteUnreachable: {
      means: "The site's health cannot be asked through CloudFront, is not well, or nobody asks.",
      metric: turnpikeMetric(app, "edgeFailed"),
      threshold: 3,
      whenSilent: true,
    },
    CertificateExpires: {
      means: "The site's certificate is good for less than three weeks, and was not renewed.",
      metric: turnpikeMetric(app, "certificateDays", { statistic: "Minimum", period: Duration.hours(1) }),
      threshold: 21,
      whenBelow: true,
    },
    ReconcileBehind: {
      means: "For six hours the reconciliation has not got through all events that Stripe lists.",
      metric: turnpikeMetric(app, "reconcileBehind", { statistic: "Maximum", period: Duration.minutes(15) }),
      threshold: Duration.hours(6).toSeconds(),
    },
    ReconcileStopped: {
      means: "No reconciliation has ended well for an hour.",
      metric: turnpikeMetric(app, "reconcileGap", { statistic: "SampleCount", period: Duration.hours(1) }),
      threshold: 1,
      whenBelow: true,
      whenSilent: true,
    },
  };
}

/** Each of the two ways in can fail in a way of its own. */
function intakeRules(app: App): Record<string, AlarmRule> {
  const { webhook, eventBridge } = intake();
  return {
    ...(webhook && {
      SignaturesRejected: {
        means: "Webhook deliveries have a signature that does not fit.",
        metric: turnpikeMetric(app, "rejected"),
        threshold: 5,
      },
    }),
    ...(eventBridge && {
      EventsUndelivered: {
        means: "EventBridge could not put Stripe's events into the queue.",
        metric: failedInvocations(app),
        threshold: 1,
      },
    }),
  };
}

/**
 * An alarm that rings already does not ring for the next letter. This one rings for each, and for none that is only looked at, which
 * hides it for two minutes.
 */
function increase(queue: IQueue): IMetric {
  return new MathExpression({
    expression: "DIFF(FILL(visible, 0) + FILL(hidden, 0))",
    usingMetrics: {
      visible: queue.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum" }),
      hidden: queue.metricApproximateNumberOfMessagesNotVisible({ statistic: "Maximum" }),
    },
    label: "more dead letters",
  });
}

/**
 * SQS leaves a message out of the age of its oldest that was received three times, so the consumer says for how long such have
 * waited: at least every ten minutes, and nothing of those that fail for their own sake.
 */
function longestWait(app: App, queue: IQueue): IMetric {
  return new MathExpression({
    expression: "MAX([FILL(oldest, 0), FILL(waited, 0)])",
    usingMetrics: {
      oldest: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum" }),
      waited: turnpikeMetric(app, "waited", { statistic: "Maximum" }),
    },
    period: Duration.minutes(15),
    label: "longest wait (s)",
  });
}

/** https://sre.google/workbook/alerting-on-slos/: of 99 events in 100 the service level says that they are applied within a minute. */
function shareLate(app: App, period: Duration): IMetric {
  return new MathExpression({
    // Of few events, one late one would be a large share.
    expression: "IF(FILL(late, 0) >= 5, 100 * late / applied, 0)",
    usingMetrics: { late: turnpikeMetric(app, "late"), applied: turnpikeMetric(app, "applied") },
    period,
    label: "late (%)",
  });
}
