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
  const body = JSON.stringify(input);
  const { region, credentials } = bindings.aws;
  for (let attempt = 1; ; attempt++) {
    const headers = { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target };
    const call = { service, region, host: url.host, headers, body, now: new Date() };
    const response = await fetch(new URL("/", url), {
      method: "POST",
      headers: signAwsCall(call, credentials),
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return (await response.json()) as Answer;
    const reason = await response.text();
    if (attempt === ATTEMPTS || !(response.status >= 500 || /throttl/i.test(reason))) {
      // Such as AccessDeniedException: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization
      const [, type = ""] = /"__type":\s*"(?:[^"]*#)?(\w+)"/.exec(reason) ?? [];
      throw new OwnError(`AWS answered ${target} with ${response.status} ${type}`.trim());
    }
    await sleep(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
  }
}
