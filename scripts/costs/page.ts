import { type Facts, MINUTES_A_MONTH } from "./facts.ts";

/** AWS's list prices in `us-east-1`, in dollars, without any free tier, as known in November 2026. */
const PRICE = {
  cloudFrontRequest: 1.0 / 1e6,
  gbToOrigin: 0.02,
  apiRequest: 1.0 / 1e6,
  lambdaRun: 0.2 / 1e6,
  gbSecond: 0.0000133334,
  sqsCall: 0.4 / 1e6,
  gbOfLog: 0.5,
  alarmedMetric: 0.1,
  metric: 0.3,
  dashboard: 3,
  firewall: 5,
  firewallRule: 1,
};

/** How long functions run, in seconds: assumed, within what benchmarks show. */
const SECONDS = {
  receiver: 0.025,
  batch: 0.15,
  "relay-notices": 0.2,
  "read-account": 0.3,
  "watch-edge": 0.3,
  reconcile: 2,
} as const;
const BURST = 20;
const EVENT_KB = 5;
const MILLION = 1e6;
/** A second is waited for more messages. */
const EVEN_BATCH = MILLION / (MINUTES_A_MONTH * 60) + 1;
/** Lambda asks with five calls at a time, of twenty seconds each. */
const POLLS = 5 * 3 * MINUTES_A_MONTH;
/** Metrics that runs by schedule count each time, on every stage. */
const SIGNS_OF_LIFE = ["differing", "noticesGivenUp", "reconcileGap", "reconcileBehind", "failed"].length;
/** Lines that Lambda writes itself at each run: START, END, REPORT. */
const LAMBDA_BYTES = 320;

/** How large lines of the log are, in bytes, as the functions write them. */
export interface LineSizes {
  request: number;
  receiverMetrics: number;
  event: number;
  batchMetrics: number;
  access: number;
}

const $ = (dollars: number) => dollars.toFixed(2);
const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
const thousands = (count: number) => Math.round(count).toLocaleString("en-US");
const run = (seconds: number, gb: number) => PRICE.lambdaRun + seconds * gb * PRICE.gbSecond;
const logged = (bytes: number) => (bytes / 1e9) * PRICE.gbOfLog;
const sum = (rows: Row[]) => rows.reduce((total, [, , dollars]) => total + dollars, 0);
type Row = [what: string, arithmetic: string, dollars: number];

function events({ memoryGb }: Facts, size: LineSizes, batch: number): Row[] {
  const batches = MILLION / batch;
  // `ReceiveMessage` and `DeleteMessageBatch` carry ten.
  const calls = batches * Math.ceil(batch / 10);
  const receiver = size.request + size.receiverMetrics + LAMBDA_BYTES;
  const consumer = size.event + (size.batchMetrics + LAMBDA_BYTES) / batch;
  return [
    [
      "CloudFront",
      `1 M HTTPS requests × $1.00 / M + ${EVENT_KB} GB to the origin × $0.02`,
      MILLION * PRICE.cloudFrontRequest + EVENT_KB * PRICE.gbToOrigin,
    ],
    ["API Gateway, HTTP API", "1 M requests × $1.00 / M", MILLION * PRICE.apiRequest],
    [
      "Lambda, receiver",
      `1 M × ($0.20 / M + ${SECONDS.receiver} s × ${memoryGb.receiver} GB × $${PRICE.gbSecond})`,
      MILLION * run(SECONDS.receiver, memoryGb.receiver),
    ],
    [
      "SQS",
      `1 M sends + ${thousands(calls)} receives + ${thousands(calls)} deletes, of ten messages at most, × $0.40 / M`,
      (MILLION + 2 * calls) * PRICE.sqsCall,
    ],
    [
      "Lambda, consumer",
      `${thousands(batches)} × ($0.20 / M + ${SECONDS.batch} s × ${memoryGb.consumer} GB × $${PRICE.gbSecond})`,
      batches * run(SECONDS.batch, memoryGb.consumer),
    ],
    [
      "CloudWatch Logs",
      `1 M × ${kb(receiver + size.access + consumer)} (request and metrics ${kb(receiver)}, access log ${kb(size.access)}, event ${kb(consumer)}) × $0.50 / GB`,
      MILLION * logged(receiver + size.access + consumer),
    ],
  ];
}

type Idle = [what: string, arithmetic: string, watched: number, personal: number];

const WHAT: Record<string, string> = {
  reconcile: "reconciliation",
  "relay-notices": "relay",
  "read-account": "reading",
  "watch-edge": "looking at the site",
};

function idle({ alarms, dashboards, metrics, polledQueues, schedules }: Facts): Idle[] {
  const looked = [...alarms].sort(([a], [b]) => a - b);
  const alarmed = looked.reduce((total, [each, count]) => total + each * count, 0);
  const runs = [...schedules].map(([name, { runsAMonth, memoryGb }]): Idle => {
    const seconds = SECONDS[name as keyof typeof SECONDS];
    // Each look is a request that comes through CloudFront and the API to health, too.
    const asked = name === "watch-edge" ? PRICE.cloudFrontRequest + PRICE.apiRequest + run(seconds, 0.5) : 0;
    const dollars = runsAMonth * (run(seconds, memoryGb) + asked + logged(LAMBDA_BYTES * 3));
    const arithmetic = `${thousands(runsAMonth)} runs × ($0.20 / M + ${seconds} s × ${memoryGb} GB × $${PRICE.gbSecond}), their log${asked ? ", and what they ask" : ""}`;
    return [WHAT[name] ?? name, arithmetic, dollars, name === "watch-edge" ? 0 : dollars];
  });
  return [
    [
      "alarms",
      `${looked.map(([each, count]) => `${count} on ${each}`).join(", ")} metrics each: ${alarmed} × $0.10`,
      alarmed * PRICE.alarmedMetric,
      0,
    ],
    [
      "metrics",
      `${metrics.counted} × $0.30 at most (by the hours in which something is counted), and ${metrics.filtered} out of the access log`,
      (metrics.counted + metrics.filtered) * PRICE.metric,
      metrics.counted * PRICE.metric,
    ],
    ["dashboard", "$3 each; an account's first three are free", dashboards * PRICE.dashboard, 0],
    [
      "SQS",
      `Lambda asks each of ${polledQueues} queues ${thousands(POLLS)} times × $0.40 / M`,
      polledQueues * POLLS * PRICE.sqsCall,
      polledQueues * POLLS * PRICE.sqsCall,
    ],
    ...runs,
  ];
}

/** What somebody who only asks costs, at the limit of a route, in a month: requests that end in a function and its log. */
function flood(rate: number, size: LineSizes): { requests: number; dollars: number } {
  const requests = rate * MINUTES_A_MONTH * 60;
  const log = logged(size.request + size.receiverMetrics + LAMBDA_BYTES + size.access);
  return {
    requests,
    dollars: requests * (PRICE.cloudFrontRequest + PRICE.apiRequest + run(SECONDS.receiver, 0.5) + log),
  };
}

/** `docs/costs.md`. `npm run costs` writes it, and a test holds that it is up to date. */
export function costsPage(facts: Facts, size: LineSizes): string {
  const [burst, even] = [events(facts, size, BURST), events(facts, size, EVEN_BATCH)];
  const month = idle(facts);
  const rules = facts.firewallRules * PRICE.firewallRule;
  const [onCustomers, onWebhook] = [flood(facts.limits.customers, size), flood(facts.limits.webhook, size)];
  const total = (at: 2 | 3) => month.reduce((all, row) => all + row[at], 0);
  const least = total(3) - (facts.metrics.counted - SIGNS_OF_LIFE) * PRICE.metric;
  const about = (dollars: number) => `$${thousands(Math.round(dollars / 10) * 10)}`;
  const million = (requests: number) => `${Math.round(requests / MILLION)} million`;
  return `# Costs

Reckoned by \`npm run costs\` (\`scripts/costs\`) from the templates of \`prod\`, the lines that the functions log and AWS's list prices in \`us-east-1\`, without any free tier, as known in
November 2026: check those against the [pricing pages](https://aws.amazon.com/pricing/). Supabase and Stripe bill for themselves.

## A million Stripe events

Assumed: one event a delivery, ${EVENT_KB} KB each, a receiver of ${SECONDS.receiver * 1000} ms and a batch of ${BURST} events in ${SECONDS.batch * 1000} ms, on arm64.

| | arithmetic | $ |
|---|---|---|
${burst.map(([what, arithmetic, dollars]) => `| ${what} | ${arithmetic} | ${$(dollars)} |`).join("\n")}
| **together** | | **${$(sum(burst))}** |

${BURST} a batch is a burst. A million that come evenly over a month are ${(EVEN_BATCH - 1).toFixed(2)} a second, ${EVEN_BATCH.toFixed(1)} a batch: ${even
    .filter(([what], at) => $(burst[at]?.[2] ?? 0) !== $(sum([even[at] as Row])) && what)
    .map(([what, , dollars]) => `${what} $${$(dollars)}`)
    .join(", ")}, together **$${$(sum(even))}**.

A sale causes some ten events: a million events are about 100,000 sales. The firewall adds $0.60 a million requests, tracing $5 a million traces.

## A month in which nothing happens

| | arithmetic | \`prod\`, \`staging\` | a personal stage |
|---|---|---|---|
${month.map(([what, arithmetic, watched, personal]) => `| ${what} | ${arithmetic} | ${$(watched)} | ${personal ? $(personal) : 0} |`).join("\n")}
| S3, SSM, SNS | | < 0.10 | < 0.10 |
| **together** | | **about ${$(total(2))}** | **about ${$(least)} to ${$(total(3))}** |

Of an account of a million objects, which is read for 12 s a minute, the reading is $3.50.
\`WAF=on\` adds $5 and ${facts.firewallRules} rules at $1: $${$(PRICE.firewall + rules)}.

## What keeps it down

Reserved nothing, no NAT, no VPC. Metrics are lines in the log, one a batch, not calls. Routes are told apart in the access log rather than by metrics of their own.
Limits per route bound what an attacker can make the API cost: ${facts.limits.customers} requests a second on one of the customers' routes, day and night, are ${million(onCustomers.requests)} a month, some
${about(onCustomers.dollars)} with their logs; ${facts.limits.webhook} on the webhook's are ${million(onWebhook.requests)}, some ${about(onWebhook.dollars)}. CloudFront bills what it serves without a bound,
refused requests and the site's files too: \`WAF=on\` limits each address. So have AWS tell you what it costs, before the month is over:

\`\`\`sh
aws budgets create-budget --account-id "$(aws sts get-caller-identity --query Account --output text)" \\
  --budget '{"BudgetName":"turnpike","BudgetType":"COST","TimeUnit":"MONTHLY","BudgetLimit":{"Amount":"50","Unit":"USD"}}' \\
  --notifications-with-subscribers '[{"Notification":{"NotificationType":"FORECASTED","ComparisonOperator":"GREATER_THAN","Threshold":100},
    "Subscribers":[{"SubscriptionType":"EMAIL","Address":"ops@example.com"}]}]'
\`\`\`

A budget is of the account, not of a stage, so no stack makes it; AWS's *Cost Anomaly Detection* (free) tells of what is unusual.
`;
}
