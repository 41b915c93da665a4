import { setTimeout as sleep } from "node:timers/promises";
import { OwnError } from "@turnpike/core/errors";
import { signAwsCall } from "./aws-signature.ts";
import { bindings } from "./bindings.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 50;
const TIMEOUT_MS = 5_000;

export interface AwsRequest {
  service: "sqs" | "ssm";
  /** The service's address. */
  url: URL;
  /** Of the service's JSON protocol: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
  version: "1.0" | "1.1";
  /** What to do, as in `AmazonSQS.SendMessageBatch`. */
  target: string;
  input: object;
}

/**
 * Asks one of AWS's services. Tries again, with jitter, when it fails or throttles.
 * @throws when AWS refuses, or does not answer
 */
export async function callAws<Answer>({ service, url, version, target, input }: AwsRequest): Promise<Answer> {
  const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
  return JSON.parse(await post(service, url, target, headers, JSON.stringify(input)));
}

/**
 * The same for SNS, which speaks no JSON: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 * @throws as callAws does
 */
export async function callSns(url: URL, action: "Publish", input: Record<string, string>): Promise<void> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const body = new URLSearchParams({ Action: action, Version: "2010-03-31", ...input });
  await post("sns", url, action, headers, body.toString());
}

async function post(
  service: string,
  url: URL,
  what: string,
  headers: Record<string, string>,
  body: string,
): Promise<string> {
  const { region, credentials } = bindings.aws;
  for (let attempt = 1; ; attempt++) {
    const call = { service, region, host: url.host, headers, body, now: new Date() };
    const response = await fetch(new URL("/", url), {
      method: "POST",
      headers: signAwsCall(call, credentials),
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.text();
    if (response.ok) return answer;
    if (attempt === ATTEMPTS || !(response.status >= 500 || /throttl/i.test(answer))) {
      // Such as AccessDeniedException: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
      const [, type = ""] = /"__type":\s*"(?:[^"]*#)?(\w+)"/.exec(answer) ?? [];
      throw new OwnError(`AWS answered ${what} with ${response.status} ${type}`.trim());
    }
    await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
  }
}
