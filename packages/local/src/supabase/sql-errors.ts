import type { Connection } from "@supabase/lite";

interface SqlError {
  code: string;
  message: string;
  detail?: string;
  hint?: string;
}

/**
 * Makes the API answer SQL errors as PostgREST does. Lite turns what it does not know (a raised P0001, a check 23514, a
 * serialization failure 40001) into 500 with code `SUP`, so that a caller could not tell one from the other.
 * What lite does take as it stands is PostgREST's own `RAISE sqlstate 'PGRST'`, which carries status and body.
 */
export function answerSqlErrorsLikePostgrest(connection: Connection): void {
  const normalize = connection.normalizeDbError.bind(connection);
  connection.normalizeDbError = (thrown) => {
    const error = normalize(thrown);
    if (!isSqlError(error)) return error;
    muteNextConsoleError();
    const status = statusUnknownToLite(error.code);
    if (status === undefined) return error;
    const { code, message, detail, hint } = error;
    return {
      code: "PGRST",
      message: JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null }),
      detail: JSON.stringify({ status, headers: {} }),
    };
  };
}

function isSqlError(error: unknown): error is SqlError {
  return (
    error instanceof Object && "code" in error && typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code)
  );
}

/** https://docs.postgrest.org/en/v12/references/errors.html, less the codes that lite answers rightly. */
function statusUnknownToLite(code: string): number | undefined {
  if (/^(PGRST|PT|2[12]|42)/.test(code) || ["23502", "23503", "23505", "25006"].includes(code)) return undefined;
  if (code === "P0001") return 400;
  if (/^(08|53)/.test(code)) return code === "53400" ? 500 : 503;
  if (/^(0L|0P|28)/.test(code)) return 403;
  if (/^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/.test(code)) return 500;
  return 400;
}

let original: typeof console.error | undefined;

/**
 * Lite prints each SQL error right after it was normalised, every refused insert of a test as well. The caller gets the
 * error, so that one print is dropped; the console is itself again before any other code runs.
 */
function muteNextConsoleError(): void {
  if (original) return;
  original = console.error;
  console.error = restoreConsoleError;
  queueMicrotask(restoreConsoleError);
}

function restoreConsoleError(): void {
  if (!original) return;
  console.error = original;
  original = undefined;
}
