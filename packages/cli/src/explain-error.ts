import { SourceError } from "@turnpike/core/owners";
import { CliError, EXIT, type ExitCode } from "./exit-codes.ts";
import { redact } from "./redact.ts";
import type { Target } from "./target/index.ts";

/** Codes by which PostgREST and Postgres say that something is not there that a migration makes. */
const NOT_MIGRATED = /^(PGRST202|PGRST205|42883|42P01|42703|3F000)$/;

interface Known {
  name?: string;
  type?: string;
  code?: string;
  statusCode?: number;
  message?: string;
  cause?: { code?: string };
  detail?: { code?: string };
  $metadata?: { httpStatusCode?: number };
  quotesNothing?: boolean;
}

/** What is said of a failure, and what the process ends with. No secret is in the text. */
export function explainError(error: unknown, target: Target | undefined): { text: string; exitCode: ExitCode } {
  return { text: redact(textOf(error, target)), exitCode: exitCodeOf(error) };
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return error instanceof SourceError ? EXIT.usage : EXIT.failed;
}

function textOf(error: unknown, target: Target | undefined): string {
  if (error instanceof CliError) return error.message;
  const known = (error ?? {}) as Known;
  const text = ofStripe(known, target) ?? ofDatabase(known, target) ?? ofAws(known);
  if (text) return text;
  if (known.quotesNothing && known.message) return known.message;
  // Nobody has foreseen it: whoever mends it needs to know where it was.
  return `Something went wrong that should not:\n${error instanceof Error ? error.stack : error}`;
}

function ofStripe({ type, code, statusCode, message, detail }: Known, target: Target | undefined): string | undefined {
  if (!type?.startsWith("Stripe")) return undefined;
  const where = target?.stripe.apiBase ? `Stripe at ${target.stripe.apiBase}` : "Stripe";
  if (type === "StripeConnectionError") {
    return `${where} does not answer${detail?.code ? ` (${detail.code})` : ""}: is there a network?`;
  }
  if (statusCode === 401)
    return `${where} refuses STRIPE_SECRET_KEY: copy a secret key of the account's, sk_… or rk_….`;
  if (statusCode === 403) return `${where} does not let STRIPE_SECRET_KEY do this: ${message}`;
  if (statusCode === 429) return `${where} was asked too often. Try again in a minute.`;
  return `${where} refused: ${message}${code ? ` (${code})` : ""}`;
}

function ofDatabase({ name, code, statusCode, message, cause }: Known, target: Target | undefined): string | undefined {
  if (name !== "DatabaseError") return undefined;
  const where = target?.supabase.url ?? "Supabase";
  if (statusCode === 0) {
    const local =
      target?.kind === "local" ? " Is npm start still running?" : " Is SUPABASE_URL right, and the project not paused?";
    return `${where} does not answer${cause?.code ? ` (${cause.code})` : ""}.${local}`;
  }
  if (statusCode === 401 || statusCode === 403 || code === "42501") {
    return `${where} refuses SUPABASE_SECRET_KEY: copy it from the project's settings, "API keys".`;
  }
  if (NOT_MIGRATED.test(code ?? "")) {
    return `${where} lacks Turnpike's tables, or has those of an older version. Run: npx supabase db push`;
  }
  return `${where} refused: ${message}${code ? ` (${code})` : ""}`;
}

function ofAws({ name, $metadata, message, code }: Known): string | undefined {
  if (name === "CredentialsProviderError")
    return "AWS needs to know who you are: set AWS_PROFILE, or sign in with aws sso login.";
  if (name === "QueueDoesNotExist")
    return "AWS has no such queue: is the stage deployed, and in this region and account?";
  if ($metadata?.httpStatusCode) return `AWS refused: ${message} (${name})`;
  if ($metadata) return `AWS does not answer${code ? ` (${code})` : ""}: is there a network?`;
  return undefined;
}
