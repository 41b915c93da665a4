import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { alarmsOf, readTemplates, resourcesOf } from "./templates.ts";

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions: unknown[];
  Metrics?: unknown[];
  MetricName?: string;
  TreatMissingData: string;
}

const { Monitoring, Relay } = readTemplates("prod");
const alarms = alarmsOf("prod") as unknown as AlarmProperties[];
const dashboard = JSON.stringify(resourcesOf(Monitoring, "AWS::CloudWatch::Dashboard"));

/** The names that the functions emit, as their source lists them: `received: "Count",`. */
function emittedNames(): string[] {
  const source = readFileSync("packages/functions/src/metrics.ts", "utf8");
  return [...source.matchAll(/^ {2}(\w+): "(?:Count|Seconds)",/gm)].map(([, name = ""]) => name);
}

it("a line of the access log is JSON whatever is missing, and says why no function answered; what is refused by the limits is counted in it", () => {
  const [[, stage] = []] = resourcesOf(readTemplates("prod").Api, "AWS::ApiGatewayV2::Stage");
  const { Format } = (stage?.Properties.AccessLogSettings ?? {}) as { Format: string };
  const line = JSON.parse(Format.replace(/\$context[.\w]+/g, "-"));
  expect(line).toMatchObject({ status: "-", responseLatency: "-", error: "-", integrationError: "-" });
  const [[, filter] = []] = resourcesOf(Monitoring, "AWS::Logs::MetricFilter");
  expect(filter?.Properties).toMatchObject({
    FilterPattern: '{ $.status = "429" }',
    MetricTransformations: [
      { MetricName: "refusedByLimits", MetricNamespace: "Turnpike/turnpike/prod", MetricValue: "1" },
    ],
  });
  const rule = alarms.find(({ AlarmName }) => AlarmName.endsWith("CustomersRefused"));
  expect(rule).toMatchObject({ MetricName: "refusedByLimits", Namespace: "Turnpike/turnpike/prod" });
});

it("the dashboard's two lines about functions are two", () => {
  expect(dashboard).toContain('SUM(METRICS(\\\\\\"errors\\\\\\"))');
  expect(dashboard).toContain('SUM(METRICS(\\\\\\"throttles\\\\\\"))');
});

describe("the alarms", () => {
  it("watch for everything that someone must look at", () => {
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual(
      [
        "ApiFailing",
        "ApiVersionMismatch",
        "CertificateExpires",
        "CustomersRefused",
        "DeadLetters",
        "DoubleSubscriptions",
        "EventsLate",
        "EventsSlow",
        "EventsSlowForLong",
        "FunctionErrors",
        "FunctionsThrottled",
        "HistoryImpossible",
        "MirrorDiffers",
        "MirrorDrifted",
        "MoreDeadLetters",
        "NoticesGivenUp",
        "OtherAccount",
        "ReadingStopped",
        "ReconcileBehind",
        "ReconcileGap",
        "ReconcileStopped",
        "RelayStopped",
        "SignaturesRejected",
        "SiteUnreachable",
        "UnownedPurchases",
      ].map((id) => `prod-turnpike-${id}`),
    );
  });

  it("have a section in the runbook each, and lead there", () => {
    const runbook = readFileSync("docs/runbook.md", "utf8");
    for (const { AlarmName, AlarmDescription } of alarms) {
      const id = AlarmName.replace("prod-turnpike-", "");
      expect(AlarmDescription).toContain(`docs/runbook.md#${id.toLowerCase()}`);
      expect(runbook).toMatch(new RegExp(`^### ${id}$`, "m"));
    }
  });

  it("reach the topic, to which CloudWatch may publish over TLS", () => {
    for (const { AlarmActions } of alarms) expect(JSON.stringify(AlarmActions)).toContain("ExportsOutputRefAlarms");
    Relay.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "ops@example.com" });
    const [[, policy] = []] = resourcesOf(Relay, "AWS::SNS::TopicPolicy");
    const text = JSON.stringify(policy?.Properties.PolicyDocument);
    expect(text).toContain('"aws:SecureTransport":"false"');
    expect(text).toContain('"Service":"cloudwatch.amazonaws.com"');
  });

  it("take silence for a sign of life only where nothing has to happen", () => {
    const silent = alarms.filter(({ TreatMissingData }) => TreatMissingData === "breaching");
    expect(silent.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      "prod-turnpike-ReadingStopped",
      "prod-turnpike-ReconcileStopped",
      "prod-turnpike-RelayStopped",
      "prod-turnpike-SiteUnreachable",
    ]);
  });

  it("look at ten metrics at most, which is CloudWatch's limit", () => {
    for (const { Metrics = [] } of alarms) expect(Metrics.length).toBeLessThanOrEqual(10);
  });
});

it("a metric is emitted and looked at under one name", () => {
  const names = emittedNames();
  expect(names).toContain("applied");
  const shown = [...dashboard.matchAll(/Turnpike\\*",\\*"(\w+)\\*"/g)].map(([, name = ""]) => name);
  expect(new Set(shown)).toEqual(new Set(names));
  const alarmed = alarms.flatMap(({ MetricName }) => MetricName ?? []);
  expect(alarmed).toEqual(expect.arrayContaining(["rejected", "apiVersionMismatch", "otherAccount", "reconcileGap"]));
});

it("a personal stage has neither alarms nor a dashboard", () => {
  expect(readTemplates("dev")).not.toHaveProperty("Monitoring");
  expect(alarmsOf("dev")).toEqual([]);
});
