type Fields = Record<string, string | number | boolean | null | undefined>;

/** Writes one structured line. Never give it a secret, a token, an e-mail, a body or a checkout URL. */
export function log(level: "info" | "warn" | "error", message: string, fields: Fields): void {
  console[level](JSON.stringify({ level, message, ...fields }));
}

/** What may be said of an error: a message can quote what a customer typed, so it stays out; the stack says where. */
export function describe(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, statusCode, requestId } = error as Error & Record<"code" | "statusCode" | "requestId", unknown>;
  return {
    error: error.name,
    errorCode: typeof code === "string" ? code : undefined,
    stripeStatus: typeof statusCode === "number" ? statusCode : undefined,
    stripeRequestId: typeof requestId === "string" ? requestId : undefined,
    // The message stands in front of the stack, and may have lines that look like one.
    stack: error.stack
      ?.replace(error.message, () => "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
  };
}

/**
 * Does what a queue or a schedule asks for. Lambda prints whatever is thrown together with its message, which may quote what it
 * was about: so the failure is described here, and another error says to Lambda that there was one.
 */
export async function reportFailure<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    log("error", "failed", describe(error));
    throw new Error("Failed, as the line before this one says");
  }
}
