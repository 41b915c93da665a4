import { bindings } from "./bindings.ts";

/** What CloudWatch is told. `stacks/alarms.ts` and `stacks/dashboard.ts` read these names. */
const UNITS = {
  /** Deliveries of Stripe's that the queue has taken, by the webhook or by EventBridge. */
  received: "Count",
  /** Deliveries whose signature has Stripe's form and does not fit. */
  rejected: "Count",
  /** What was posted to the webhook with no signature, or nothing like one: scanners do that all day. */
  unsigned: "Count",
  /** Deliveries in another API version than the one that is pinned. */
  apiVersionMismatch: "Count",
  /** Browsers that were led to a page which says that something went wrong on our side. */
  failedPages: "Count",
  /** Events by what became of them; see the table in docs/architecture.md. */
  applied: "Count",
  stale: "Count",
  duplicate: "Count",
  ambiguous: "Count",
  /** Messages that go back to the queue. */
  failed: "Count",
  /** For how long messages have waited that come again because something does not answer. */
  waited: "Seconds",
  /** Events that do not fit Stripe's key: of another mode or account, or about objects that the key's account does not know. */
  otherAccount: "Count",
  /** From the second in which Stripe made an event until it was applied. */
  lag: "Seconds",
  /** Events that were applied more than a minute after that. */
  late: "Count",
  /** Events that the webhook should have brought and did not. */
  reconcileGap: "Count",
  /** Since when Stripe's events were not all compared with the ledger. */
  reconcileBehind: "Seconds",
  /** Objects that the mirror is known not to show as Stripe does, and kinds that could not be read whole. Counted each minute: the reading's sign of life. */
  differing: "Count",
  /** Objects that the mirror showed otherwise than Stripe, mended since, though no event says why. The log has their columns. */
  drift: "Count",
  /** Histories that cannot be, found by a sweep in the ledger, the rows and the outbox. */
  impossible: "Count",
  /** Notices whose handling failed: they come again. */
  noticesFailed: "Count",
  /** Notices that failed for a day and wait for a person. Counted each minute: the relay's sign of life. */
  noticesGivenUp: "Count",
  /** Whether the site's health could not be asked through CloudFront, or is not well: 1 or 0 each minute. */
  edgeFailed: "Count",
  /** For how many days the site's certificate is good. */
  certificateDays: "Count",
  /** What the operator was told: purchases that belong to nobody, second subscriptions of one group. */
  unownedPurchases: "Count",
  doubleSubscriptions: "Count",
} as const;

export type Metrics = { [Name in keyof typeof UNITS]?: number | number[] };

/**
 * Writes metrics as one line in the embedded metric format: CloudWatch reads them out of the log, with no call and no permission.
 * @param metrics numbers, or up to 100 of them for a metric that is looked at by percentile
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emit(metrics: Metrics): void {
  const values = Object.entries(metrics).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  const Metrics = values.map(([Name]) => ({ Name, Unit: UNITS[Name as keyof typeof UNITS] }));
  const _aws = {
    Timestamp: Date.now(),
    CloudWatchMetrics: [{ Namespace: "Turnpike", Dimensions: [["app", "stage"]], Metrics }],
  };
  console.info(JSON.stringify({ _aws, app: bindings.app, stage: bindings.stage, ...Object.fromEntries(values) }));
}
