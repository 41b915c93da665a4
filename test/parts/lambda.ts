import { randomUUID } from "node:crypto";
import { toEvent } from "@turnpike/local/testing/aws";
import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { onTestFinished, vi } from "vitest";

export const SITE = "https://app.example.com";
export const WEBHOOK_SECRET = "whsec_parts";

interface Deployed {
  supabase: { url: string; publishableKey: string; secretKey: string };
  stripe: { apiBase: string };
  queue?: { url: string };
  deadLetters?: { url: string };
  wakeUps?: { url: string };
}

/**
 * What SST and Lambda put into the environment of a function that is connected to these parts. Functions that are imported
 * afterwards start anew: what those of an earlier file keep in their modules, such as clients, is of other parts.
 */
export function setEnvironment({ supabase, stripe, queue, deadLetters, wakeUps }: Deployed): void {
  vi.resetModules();
  Object.assign(process.env, {
    SITE_URL: SITE,
    ALLOWED_ORIGINS: "https://www.example.com",
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    STRIPE_API_BASE: stripe.apiBase,
    BUILD: "test",
    SST_APP: "turnpike",
    SST_STAGE: "test",
    SST_Secret_value_STRIPE_SECRET_KEY: "sk_test_emulator",
    SST_Secret_value_STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SST_Secret_value_SUPABASE_SECRET_KEY: supabase.secretKey,
    SST_Queue_queueUrl_StripeEvents: queue?.url ?? "",
    SST_Queue_queueUrl_StripeEventsDlq: deadLetters?.url ?? "",
    SST_Queue_queueUrl_RelayWakeUps: wakeUps?.url ?? "",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
}

export interface HttpCall {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  pathParameters?: Record<string, string>;
}

/** The event that API Gateway makes of a call. */
export function gatewayEvent({ method = "POST", path, headers = {}, body = "", pathParameters = {} }: HttpCall) {
  const request = {
    method,
    target: path,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body),
    sourceIp: "127.0.0.1",
    httpVersion: "1.1",
  };
  return toEvent(request, { route: { method, path, functionName: "test" }, pathParameters }, randomUUID(), new Date());
}

/** A handler as Lambda calls it. Middy's types know the event as it is further inside. */
export type Handler = (event: never, context: Context) => Promise<unknown>;

export const lambdaContext = ({ seconds = 600 } = {}) =>
  ({ awsRequestId: randomUUID(), getRemainingTimeInMillis: () => seconds * 1000 }) as Context;

/** Calls a route's handler with what API Gateway makes of this call, and reads its answer. */
export async function call(handler: Handler, httpCall: HttpCall) {
  const event = gatewayEvent(httpCall);
  const answer = (await handler(event as never, lambdaContext())) as APIGatewayProxyStructuredResultV2;
  return { ...answer, json: parse(answer.body), requestId: event.requestContext.requestId };
}

function parse(body = ""): unknown {
  return body.startsWith("{") ? JSON.parse(body) : undefined;
}

/** What the functions log until the test is over, line by line. */
export function captureLog() {
  const lines: (Record<string, unknown> & { level: string })[] = [];
  const spies = (["info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((line: string) => {
      lines.push({ ...JSON.parse(line), level });
    }),
  );
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return {
    lines,
    /** The lines with this message. */
    said: (message: string) => lines.filter((line) => line.message === message),
    /** Each metric of CloudWatch's, with its values in order. */
    metric: (name: string) => lines.flatMap((line) => ("_aws" in line && name in line ? [line[name]] : [])),
  };
}
