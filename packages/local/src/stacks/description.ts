/** The account in which AWS's local twins live. */
export const LOCAL_ACCOUNT = "000000000000";

/**
 * The system as the stacks describe it, as plain data: what crosses from the thread that runs the stacks
 * to the parts that act on it.
 */
export interface SystemDescription {
  region: string;
  functions: FunctionDescription[];
  routes: RouteDescription[];
  /** Of the routes: what browsers are told about other origins. */
  cors: CorsDescription[];
  queues: QueueDescription[];
  schedules: ScheduleDescription[];
  rules: RuleDescription[];
  sites: SiteDescription[];
}

/** A value of a function's environment that only the local runtime can fill in. */
export type EnvironmentValue = string | { secret: string } | { queue: string; attribute: QueueAttribute };

export type QueueAttribute = "url" | "arn" | "name";

export interface FunctionDescription {
  /** Short and unique, from the handler's file: `create-checkout`. */
  name: string;
  /** As the stacks name it: `packages/functions/src/health.handler`. */
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  environment: Record<string, EnvironmentValue>;
}

export interface RouteDescription {
  /** `GET`, `POST`, … or `ANY`. */
  method: string;
  /** As API Gateway writes it: `/api/checkout_sessions/{id}`. */
  path: string;
  functionName: string;
}

export interface CorsDescription {
  /** All joined by commas. */
  origins: string;
  methods: string;
  headers: string;
  exposed: string;
}

export interface QueueDescription {
  /** The queue's name in SQS. */
  name: string;
  /** SQS attributes as `CreateQueue` takes them, without the redrive policy. */
  attributes: Record<string, string>;
  redrive?: { deadLetterQueue: string; maxReceiveCount: number };
  consumer?: ConsumerDescription;
}

/** An event source mapping. */
export interface ConsumerDescription {
  functionName: string;
  batchSize: number;
  windowSeconds: number;
  reportsBatchItemFailures: boolean;
}

export interface ScheduleDescription {
  name: string;
  /** `rate(15 minutes)` or `cron(…)`. */
  expression: string;
  functionName: string;
}

/** A rule of EventBridge that puts what it matches into queues, each event in its envelope. */
export interface RuleDescription {
  name: string;
  /** Which of these values each of these fields of the envelope must have. */
  pattern: Record<string, string[]>;
  queues: string[];
}

export interface SiteDescription {
  /** The web app's folder, from the project's root. */
  path: string;
  environment: Record<string, string>;
}
