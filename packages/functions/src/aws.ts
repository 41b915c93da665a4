import { setTimeout as sleep } from "node:timers/promises";
import { OwnError } from "@turnpike/core/errors";
import { TIME_LIMITS } from "@turnpike/settings";
import { signAwsCall } from "./aws-signature.ts";
import { bindings } from "./bindings.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface AwsRequest {
  service: "sqs" | "ssm";
  /** The service's address. */
  url: URL;
  /** Of the service's JSON protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
  version: "1.0" | "1.1";
  /** What to do, as in `AmazonSQS.SendMessageBatch`. */
  target: string;
  input: object;
  /** For how long it is tried. */
  withinMs?: number;
}

/**
 * Asks one of AWS's services. Tries again, as AWS's own clients do, when it fails, throttles, or the network does.
 * @throws when AWS refuses, or does not answer in time
 */
export async function callAws<Answer>(request: AwsRequest): Promise<Answer> {
  const { service, url, version, target, input, withinMs } = request;
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  return JSON.parse(await post({ service, url, what: target, headers, body: JSON.stringify(input), withinMs }));
}

/**
 * The same for SNS, which speaks no JSON: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 * @throws as callAws does
 */
export async function callSns(url: URL, action: "Publish", input: Record<string, string>): Promise<void> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ Action: action, Version: "2010-03-31", ...input });
  await post({ service: "sns", url, what: action, headers, body: body.toString() });
}

interface Post {
  service: string;
  url: URL;
  what: string;
  headers: Record<string, string>;
  body: string;
  withinMs?: number | undefined;
}

/**
 * Each pause is chosen at random between the first and three times the last one, so that many who were throttled together do not
 * come back together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
async function post({ withinMs = TIME_LIMITS.aws.call, ...request }: Post): Promise<string> {
  const until = performance.now() + withinMs;
  for (let pause = FIRST_PAUSE_MS; ; ) {
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const answer = await postOnce(request, Math.min(TIME_LIMITS.aws.attempt, left));
    if (typeof answer === "string") return answer;
    pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS + Math.random() * (3 * pause - FIRST_PAUSE_MS));
    if (!answer.passes || performance.now() + pause >= until) throw answer.error;
    await sleep(pause);
  }
}

/** The answer; or why there is none, and whether that may pass. */
async function postOnce(
  { service, url, what, headers, body }: Omit<Post, "withinMs">,
  timeoutMs: number,
): Promise<string | { error: Error; passes: boolean }> {
  const { region, credentials } = bindings.aws;
  const signed = signAwsCall({ service, region, host: url.host, headers, body, now: new Date() }, credentials);
  try {
    const response = await fetch(new URL("/", url), {
      method: "POST",
      headers: signed,
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = await response.text();
    if (response.ok) return answer;
    // Such as AccessDeniedException: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
    const [, type = ""] = /"__type":\s*"(?:[^"]*#)?(\w+)"/.exec(answer) ?? [];
    const error = new OwnError(`AWS answered ${what} with ${response.status} ${type}`.trim());
    return { error, passes: response.status >= 500 || response.status === 429 || /throttl/i.test(answer) };
  } catch (failure) {
    const { name, cause = { code: name } } = failure as Error;
    return { error: new OwnError(`AWS did not answer ${what}`, { cause }), passes: true };
  }
}
