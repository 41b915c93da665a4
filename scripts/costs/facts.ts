/** What the templates of a stage say about its costs. */
export interface Facts {
  /** How many metrics each alarm looks at, by how many alarms do so. */
  alarms: Map<number, number>;
  dashboards: number;
  /** Metrics that the functions count, and those that are counted out of a log. */
  metrics: { counted: number; filtered: number };
  /** Queues that Lambda asks for messages all the time. */
  polledQueues: number;
  /** Functions that run by a schedule, by their names. */
  schedules: Map<string, { runsAMonth: number; memoryGb: number }>;
  /** Memory of the functions that the queue of events goes through. */
  memoryGb: { receiver: number; consumer: number };
  /** Rules of the firewall. */
  firewallRules: number;
  /** Requests a second that the API lets through: on a route of customers, and on the webhook's. */
  limits: { customers: number; webhook: number };
  accessLogFormat: string;
}

type Properties = Record<string, unknown>;
export interface TemplateJson {
  Resources: Record<string, { Type: string; Properties?: Properties }>;
}

export const MINUTES_A_MONTH = 43_800;

/** @throws Error when the templates lack what the page is about */
export function readFacts(templates: TemplateJson[]): Facts {
  const all = (type: string) =>
    templates.flatMap(({ Resources }) =>
      Object.values(Resources).flatMap(({ Type, Properties = {} }) => (Type === type ? [Properties] : [])),
    );
  const memoryOf = (name: string) => {
    const found = all("AWS::Lambda::Function").find(({ Handler }) => String(Handler).endsWith(`/${name}.handler`));
    return found ? Number(found.MemorySize) / 1024 : 0;
  };
  const alarms = new Map<number, number>();
  for (const { Metrics } of all("AWS::CloudWatch::Alarm")) {
    // One of a sum's is the sum itself.
    const metrics = Array.isArray(Metrics) ? Metrics.length - 1 : 1;
    alarms.set(metrics, (alarms.get(metrics) ?? 0) + 1);
  }
  const dashboards = all("AWS::CloudWatch::Dashboard");
  const shown = JSON.stringify(dashboards).matchAll(/Turnpike\\*",\\*"(\w+)\\*"/g);
  const [stage = {}] = all("AWS::ApiGatewayV2::Stage");
  const {
    DefaultRouteSettings: usual,
    RouteSettings: own,
    AccessLogSettings: log,
  } = stage as Record<string, Properties>;
  const rate = (settings: unknown) => Number((settings as Properties)?.ThrottlingRateLimit);
  return {
    alarms,
    dashboards: dashboards.length,
    metrics: {
      counted: new Set([...shown].map(([, name]) => name)).size,
      filtered: all("AWS::Logs::MetricFilter").length,
    },
    polledQueues: all("AWS::Lambda::EventSourceMapping").length,
    schedules: new Map(templates.flatMap(schedulesOf)),
    memoryGb: { receiver: memoryOf("receive-stripe-event"), consumer: memoryOf("apply-stripe-events") },
    firewallRules: all("AWS::WAFv2::WebACL").flatMap(({ Rules }) => Rules as unknown[]).length,
    limits: { customers: rate(usual), webhook: rate(own?.["POST /api/webhooks/stripe"]) },
    accessLogFormat: String(log?.Format),
  };
}

const MINUTES: Record<string, number> = { minute: 1, minutes: 1, hour: 60, hours: 60 };

function schedulesOf({ Resources }: TemplateJson): [string, { runsAMonth: number; memoryGb: number }][] {
  return Object.values(Resources).flatMap(({ Type, Properties = {} }) => {
    const [, every, unit = ""] = /^rate\((\d+) (\w+)\)$/.exec(String(Properties.ScheduleExpression)) ?? [];
    if (Type !== "AWS::Events::Rule" || !every) return [];
    const [target] = Properties.Targets as { Arn: { "Fn::GetAtt": [string] } }[];
    const lambda = Resources[target?.Arn["Fn::GetAtt"][0] ?? ""]?.Properties ?? {};
    const name = String(lambda.Handler).replace(/^.*\/(.+)\.\w+$/, "$1");
    const minutes = Number(every) * (MINUTES[unit] ?? Number.NaN);
    return [[name, { runsAMonth: MINUTES_A_MONTH / minutes, memoryGb: Number(lambda.MemorySize) / 1024 }]];
  });
}
