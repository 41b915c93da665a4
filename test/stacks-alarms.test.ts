import type { waitedOf as WaitedOf } from "@turnpike/functions/come-again";
import { emit, type Metrics } from "@turnpike/functions/metrics";
import type { SQSRecord } from "aws-lambda";
import Stripe from "stripe";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type Alarm, awsSample, filtered, ringsOf, type Sample, samplesOf } from "./cloud-watch.ts";
import { call, type Handler, lambdaContext } from "./parts/lambda.ts";
import { alarmsOf, readTemplates, resourcesOf } from "./templates.ts";

// Half a day of a stage: what its functions count, by the very code that counts it, what AWS counts, and which of its alarms ring then.

const MINUTES = 12 * 60;
/** When something happens. */
const NOW = 400;

const ENVIRONMENT = {
  SST_APP: "turnpike",
  SST_STAGE: "prod",
  SST_Secret_value_STRIPE_WEBHOOK_SECRET: "whsec_ours",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  SITE_URL: "https://127.0.0.1:9", // where nobody listens
};

const stages = { prod: readTemplates("prod"), frankfurt: readTemplates("frankfurt") };
const readAlarms = (stage: keyof typeof stages) => alarmsOf(stage) as unknown as Alarm[];
const alarms = readAlarms("prod");

let receive: Handler;
let watchEdge: Handler;
let waitedOf: typeof WaitedOf;
let samples: Sample[];
let ofHealth: Sample[] | undefined;

beforeAll(async () => {
  vi.resetModules();
  ({ handler: receive } = await import("@turnpike/functions/receive-stripe-event"));
  ({ handler: watchEdge } = await import("@turnpike/functions/watch-edge"));
  ({ waitedOf } = await import("@turnpike/functions/come-again"));
});
beforeEach(() => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  vi.useFakeTimers({ toFake: ["Date"] });
  samples = [];
  const note = (line: string) => void samples.push(...samplesOf(line));
  for (const level of ["info", "warn", "error"] as const) vi.spyOn(console, level).mockImplementation(note);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function counted(minute: number, metrics: Metrics): void {
  vi.setSystemTime(minute * 60_000);
  emit(metrics);
}
const aws = (name: string, about: RegExp, minute: number, value: number) =>
  samples.push(awsSample(alarms, name, about, minute, value));

/** What is counted every five minutes while all is well, but for what ceases or is otherwise. */
function healthy(isThere = (_name: string, _minute: number) => true, late = (_minute: number) => 0): Sample[] {
  for (let minute = 0; minute < MINUTES; minute += 5) {
    const signs: Metrics[] = [
      { differing: 0 },
      { noticesGivenUp: 0 },
      { edgeFailed: 0, certificateDays: 60 },
      { received: 5, apiVersionMismatch: 0 },
      { applied: 5, stale: 0, duplicate: 0, ambiguous: 0, otherAccount: 0, failed: 0, lag: [1], late: late(minute) },
      ...(minute % 15 === 0 ? [{ reconcileGap: 0, failed: 0, reconcileBehind: 960 }] : []),
    ];
    for (const sign of signs) {
      const left = Object.entries(sign).filter(([name]) => isThere(name, minute));
      if (left.length > 0) counted(minute, Object.fromEntries(left));
    }
    if (minute < NOW) inDeadLetters(minute, 0);
    aws("ApproximateAgeOfOldestMessage", /StripeEventsQueue/, minute, 1);
    aws("Errors", /ApplyStripeEvents/, minute, 0);
    aws("Throttles", /ApplyStripeEvents/, minute, 0);
  }
  return samples;
}

/** How often each alarm rings, of those that ring. */
const ringing = (which = alarms) =>
  Object.fromEntries(
    which.flatMap((alarm) => {
      const rings = ringsOf(alarm, samples, MINUTES);
      return rings > 0 ? [[alarm.AlarmName.replace(/^.*-/, ""), rings]] : [];
    }),
  );

const body = JSON.stringify({ id: "evt_1" });
const signed = (secret: string) => Stripe.webhooks.generateTestHeaderString({ payload: body, secret });
async function deliver(times: number, signature: () => string): Promise<void> {
  for (let n = 0; n < times; n++) {
    vi.setSystemTime(NOW * 60_000);
    const headers = { "stripe-signature": signature() };
    expect(await call(receive, { path: "/api/webhooks/stripe", headers, body })).toMatchObject({ statusCode: 400 });
  }
}
async function lookAtSite(times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    vi.setSystemTime((NOW + n) * 60_000);
    await watchEdge({} as never, lambdaContext());
  }
}
/** Lines of the API's access log, as the stage has it written. */
function answered(status: number, times: number): void {
  const [[, stage] = []] = resourcesOf(stages.prod.Api, "AWS::ApiGatewayV2::Stage");
  const { Format } = (stage?.Properties.AccessLogSettings ?? {}) as { Format: string };
  const line = Format.replace("$context.status", String(status)).replace(/\$context[.\w]+/g, "-");
  const [[, filter] = []] = resourcesOf(stages.prod.Monitoring, "AWS::Logs::MetricFilter");
  for (let n = 0; n < times; n++) if (filter) samples.push(...filtered(filter, line, NOW));
}
function inDeadLetters(minute: number, visible: number, hidden = 0): void {
  aws("ApproximateNumberOfMessagesVisible", /StripeEventsDlq/, minute, visible);
  aws("ApproximateNumberOfMessagesNotVisible", /StripeEventsDlq/, minute, hidden);
}
const failedAfter = (seconds: number, forItsOwnSake: boolean) => {
  vi.setSystemTime(NOW * 60_000);
  const attributes = { SentTimestamp: String(Date.now() - seconds * 1000) };
  return [{ record: { attributes } as SQSRecord, forItsOwnSake }];
};
const during = <Done>(from: number, until: number, work: (minute: number) => Done) => {
  for (let minute = from; minute < until; minute++) work(minute);
};

const CASES: [what: string, rings: Record<string, number>, happens: () => unknown][] = [
  ["nothing", {}, () => {}],
  ["five signatures do not fit", { SignaturesRejected: 1 }, () => deliver(5, () => signed("whsec_theirs"))],
  ["four do not", {}, () => deliver(4, () => signed("whsec_theirs"))],
  ["scanners post what is no signature", {}, () => deliver(20, () => "nothing")],
  ["another API version", { ApiVersionMismatch: 1 }, () => counted(NOW, { received: 1, apiVersionMismatch: 1 })],
  ["another account's event", { OtherAccount: 1 }, () => counted(NOW, { otherAccount: 1 })],
  [
    "a dead letter, and another one",
    { DeadLetters: 1, MoreDeadLetters: 2 },
    () => during(NOW, MINUTES, (minute) => inDeadLetters(minute, minute < NOW + 30 ? 1 : 2)),
  ],
  [
    "a dead letter is looked at, and put back",
    { DeadLetters: 2, MoreDeadLetters: 1 },
    () => {
      during(NOW, NOW + 30, (minute) => inDeadLetters(minute, 1));
      during(NOW + 30, NOW + 35, (minute) => inDeadLetters(minute, 0, 1));
      during(NOW + 35, NOW + 60, (minute) => inDeadLetters(minute, 1));
      during(NOW + 60, MINUTES, (minute) => inDeadLetters(minute, 0));
    },
  ],
  ["an event waits", { EventsLate: 1 }, () => aws("ApproximateAgeOfOldestMessage", /StripeEventsQueue/, NOW, 300)],
  ["it waits for less", {}, () => aws("ApproximateAgeOfOldestMessage", /StripeEventsQueue/, NOW, 299)],
  [
    "events that were tried wait for a database",
    { EventsLate: 1 },
    () => counted(NOW, { failed: 1, ...waitedOf(failedAfter(300, false)) }),
  ],
  ["one that fails for its own sake waits", {}, () => counted(NOW, { failed: 1, ...waitedOf(failedAfter(900, true)) })],
  [
    "programs and browsers get errors",
    { ApiFailing: 1 },
    () => {
      aws("5xx", /Api/, NOW, 2);
      counted(NOW, { failedPages: 1 });
    },
  ],
  ["browsers alone get them", { ApiFailing: 1 }, () => counted(NOW, { failedPages: 3 })],
  ["two programs get them", {}, () => aws("5xx", /Api/, NOW, 2)],
  [
    "consumer and receiver throw",
    { FunctionErrors: 1 },
    () => {
      aws("Errors", /ApplyStripe/, NOW, 2);
      aws("Errors", /ReceiveStripe/, NOW, 1);
    },
  ],
  ["the relay has no room", { FunctionsThrottled: 1 }, () => aws("Throttles", /RelayNotices/, NOW, 1)],
  ["a gap", { ReconcileGap: 1 }, () => counted(NOW, { reconcileGap: 1 })],
  ["an object differs", { MirrorDiffers: 1 }, () => counted(NOW, { differing: 1 })],
  ["one had drifted", { MirrorDrifted: 1 }, () => counted(NOW, { drift: 1 })],
  ["a history that cannot be", { HistoryImpossible: 1 }, () => counted(NOW, { impossible: 1 })],
  ["a purchase of nobody", { UnownedPurchases: 1 }, () => counted(NOW, { unownedPurchases: 1 })],
  ["two subscriptions", { DoubleSubscriptions: 1 }, () => counted(NOW, { doubleSubscriptions: 1 })],
  ["a notice is given up", { NoticesGivenUp: 1 }, () => counted(NOW, { noticesGivenUp: 1 })],
  ["customers are refused", { CustomersRefused: 1 }, () => answered(429, 10)],
  ["they are refused for another reason", {}, () => answered(403, 100)],
  ["the site is not there", { SiteUnreachable: 1 }, () => lookAtSite(3)],
  ["it was not there twice", {}, () => lookAtSite(2)],
  ["the certificate ends", { CertificateExpires: 1 }, () => counted(NOW, { edgeFailed: 0, certificateDays: 20 })],
  ["it ends later", {}, () => counted(NOW, { edgeFailed: 0, certificateDays: 21 })],
  ["six hours behind", { ReconcileBehind: 1 }, () => counted(NOW, { reconcileBehind: 6 * 3600 })],
  ["less", {}, () => counted(NOW, { reconcileBehind: 6 * 3600 - 1 })],
];

it.each(CASES)("%s: rings %o", async (_, rings, happens) => {
  ofHealth ??= healthy();
  samples = [...ofHealth];
  await happens();
  expect(ringing()).toEqual(rings);
});

it.each([
  ["the reading", "differing", 15, { ReadingStopped: 1 }],
  ["the relay", "noticesGivenUp", 15, { RelayStopped: 1 }],
  ["the reconciliation", "reconcileGap", 60, { ReconcileStopped: 1 }],
  ["the reconciliation once", "reconcileGap", 15, {}],
  ["whoever looks at the site", "edgeFailed", 5, { SiteUnreachable: 1 }],
  ["whoever looks at the site, which says nothing of the certificate,", "certificateDays", 240, {}],
])("%s ceases to count %s for %i minutes: rings %o", (_, name, minutes, rings) => {
  healthy((each, minute) => each !== name || minute < 300 || minute >= 300 + minutes);
  expect(ringing()).toEqual(rings);
});

it.each([
  ["nine of sixty events of one hour", 1, 9, { EventsSlow: 1 }],
  ["eight of them", 1, 8, {}],
  ["five of each hour's sixty", 6, 5, { EventsSlowForLong: 1 }],
  ["three of each", 12, 3, {}],
])("%s are late: rings", (_, hours, anHour, rings) => {
  healthy(undefined, (minute) => (minute % 60 === 0 && minute < hours * 60 ? anHour : 0));
  expect(ringing()).toEqual(rings);
});

it("one late event of few is no trouble", () => {
  healthy((name) => name !== "applied" && name !== "late");
  during(0, 4, (minute) => counted(minute, { applied: 1, late: 1 }));
  expect(ringing()).toEqual({});
});

it("EventBridge gives an event up: rings, where events come by it", () => {
  const own = readAlarms("frankfurt");
  samples.push(awsSample(own, "FailedInvocations", /StripeEvents/, NOW, 1));
  expect(ringing(own)).toMatchObject({ EventsUndelivered: 1 });
});

it("each alarm has a case", () => {
  const told = [
    ...CASES.flatMap(([, rings]) => Object.keys(rings)),
    "ReadingStopped",
    "RelayStopped",
    "ReconcileStopped",
    "EventsSlow",
    "EventsSlowForLong",
  ];
  const ours = alarms.map(({ AlarmName }) => AlarmName.replace(/^.*-/, ""));
  expect(ours.filter((name) => !told.includes(name))).toEqual([]);
});
