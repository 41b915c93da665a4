import type { Invocation } from "../lambda/local-function.ts";

/**
 * Which messages of a batch have failed, as Lambda judges it. A handler that throws, or that answers what cannot be
 * understood (an unknown, empty or missing identifier), fails the whole batch; no answer or no failures succeed it.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedMessageIds(
  invocation: Invocation,
  messageIds: ReadonlySet<string>,
  reportsBatchItemFailures: boolean,
): ReadonlySet<string> {
  if (!invocation.ok) return messageIds;
  if (!reportsBatchItemFailures) return new Set();
  const failures = readFailures(invocation.payload);
  const understood = failures?.every((id) => typeof id === "string" && messageIds.has(id));
  return failures && understood ? new Set(failures.map(String)) : messageIds;
}

/** The identifiers as answered, or nothing when the answer has another shape. */
function readFailures(payload: unknown): unknown[] | undefined {
  if (payload === null || payload === "") return [];
  if (typeof payload !== "object") return undefined;
  const failures: unknown = Reflect.get(payload, "batchItemFailures") ?? [];
  if (!Array.isArray(failures)) return undefined;
  return failures.map((failure: unknown) =>
    typeof failure === "object" && failure !== null ? Reflect.get(failure, "itemIdentifier") : undefined,
  );
}
