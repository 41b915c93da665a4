type Fields = Record<string, string | number | boolean | null | undefined>;

/** Writes one structured line. Never give it a secret, a token, an e-mail, a body or a checkout URL. */
export function log(level: "info" | "warn" | "error", message: string, fields: Fields): void {
  console[level](JSON.stringify({ level, message, ...fields }));
}

/** The name of a parameter, such as `line_items[0][price]`, and nothing that was sent in one. */
const PARAM = /^[\w.[\]]{1,100}$/;

/**
 * What the log may say about an error. A message of our own says why; that of a library can quote what a customer typed, and stays
 * out: its codes and the stack must do.
 */
export function describe(error: unknown): Fields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, type, statusCode, requestId, param, quotesNothing } = error as Error & Record<string, unknown>;
  // By what they say of themselves: to know them by their class, the receiver would have to load both clients.
  const isStripes = typeof type === "string" && type.startsWith("Stripe");
  const status = typeof statusCode === "number" ? statusCode : undefined;
  return {
    // Stripe's errors are all named Error: their type is what tells them apart.
    error: isStripes ? type : error.name,
    reason: quotesNothing === true ? error.message : undefined,
    errorCode: typeof code === "string" && code !== "" ? code : undefined,
    cause: causeOf(error),
    stripeStatus: isStripes ? status : undefined,
    stripeParam: isStripes && typeof param === "string" && PARAM.test(param) ? param : undefined,
    stripeRequestId: isStripes && typeof requestId === "string" ? requestId : undefined,
    databaseStatus: error.name === "DatabaseError" ? status : undefined,
    // The message stands in front of the stack, and may have lines that look like one.
    stack: error.stack
      ?.replace(error.message, () => "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
  };
}

/** The network's code, such as `ECONNREFUSED`. Stripe's client keeps that error as the detail of its own. */
function causeOf({ cause, detail }: Error & { detail?: unknown }): string | undefined {
  const { code } = (cause ?? detail ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/**
 * Runs the work of a function that no browser waits for. Lambda prints what a function throws with its message, and the message
 * may quote a customer. So the failure is logged here without it, and Lambda gets an error that quotes nothing.
 */
export async function reportFailure<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    log("error", "failed", describe(error));
    throw new Error("Failed, as the line before this one says");
  }
}
