import type { EnvironmentValue, FunctionDescription } from "../stacks/description.ts";

export interface LocalResources {
  /** Secrets by the name of their `Config.Secret`. */
  secrets: Record<string, string | undefined>;
  /** Queues by their name in SQS. */
  queues: Record<string, { url: string; arn: string; name: string } | undefined>;
  region: string;
  /** The address of the local SQS. */
  sqsEndpoint: string;
}

/**
 * What a function's `process.env` holds: its own environment as the stacks give it, and what Lambda adds. Nothing of
 * this machine's environment, so that a handler that reads what it was not given fails here too.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 * @throws When a bound secret has no value.
 */
export function functionEnvironment(fn: FunctionDescription, resources: LocalResources): Record<string, string> {
  const own = Object.entries(fn.environment).map(([name, value]) => [name, resolveValue(fn, value, resources)]);
  return {
    PATH: process.env.PATH ?? "",
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
    AWS_REGION: resources.region,
    AWS_DEFAULT_REGION: resources.region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_ENDPOINT_URL: resources.sqsEndpoint,
    AWS_ENDPOINT_URL_SQS: resources.sqsEndpoint,
    ...Object.fromEntries(own),
  };
}

function resolveValue(fn: FunctionDescription, value: EnvironmentValue, resources: LocalResources): string {
  if (typeof value === "string") return value;
  if ("secret" in value) {
    const secret = resources.secrets[value.secret];
    if (secret) return secret;
    throw new Error(`The function ${fn.name} is bound to the secret ${value.secret}: set ${value.secret} in .env.`);
  }
  const queue = resources.queues[value.queue];
  if (!queue) throw new Error(`The function ${fn.name} names the queue ${value.queue}, which the stacks do not have.`);
  return queue[value.attribute];
}
