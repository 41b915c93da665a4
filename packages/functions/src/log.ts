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
    stack: error.stack
      ?.split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
  };
}
