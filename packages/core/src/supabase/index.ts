import {
  createClient,
  type PostgrestError,
  type PostgrestSingleResponse,
  type SupabaseClient,
} from "@supabase/supabase-js";
import type { Database } from "./database.ts";

export type ServiceClient = SupabaseClient<Database>;
export type { Database, Json } from "./database.ts";

/**
 * A client with the service role: it passes row-level security, so it never leaves the back end. It has no session, and
 * without an auth client it does not look for one at every request either.
 * @param options.timeout of one request, in milliseconds
 */
export function createServiceClient(options: { url: string; secretKey: string; timeout?: number }): ServiceClient {
  return createClient<Database>(options.url, options.secretKey, {
    accessToken: async () => options.secretKey,
    // Sooner than those who call us give up, so that they get an answer of ours.
    db: { timeout: options.timeout ?? 15_000 },
  });
}

type Refusal = Pick<PostgrestError, "code" | "message"> & { details?: string };

/** Postgres refused, or could not be reached. `code` is the SQLSTATE or PostgREST's code; empty when there was no answer. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: string;
  /** HTTP's; 0 when there was no answer. */
  readonly statusCode: number;

  constructor({ code, message, details }: Refusal, statusCode: number) {
    super(message, statusCode === 0 ? { cause: { code: networkCodeIn(details) } } : {});
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** Supabase's client keeps of the network's error its text alone: `… connect (ECONNREFUSED)`. */
function networkCodeIn(details = ""): string | undefined {
  return /\((E[A-Z_]+)\)/.exec(details)?.[1];
}

/**
 * Unwraps an answer, so that no error goes unseen.
 * @throws DatabaseError
 */
export function dataOf<Data>(answer: PostgrestSingleResponse<Data>): Data {
  if (answer.error) throw new DatabaseError(answer.error, answer.status);
  return answer.data;
}
