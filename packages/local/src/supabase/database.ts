import type { PgliteConnection } from "@supabase/lite/pglite";
import type { PostgresConnection } from "@supabase/lite/postgres";

/** Runs SQL as the owner, past row-level security. */
export interface Sql {
  /** One or many statements, without parameters and without rows. */
  exec(sql: string): Promise<void>;
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
}

/** The database behind the API: PGlite or a Postgres server. */
export interface Database extends Sql {
  /** Lite's own handle, which its REST and auth handlers go through. */
  connection: PgliteConnection | PostgresConnection;
  transaction(work: (sql: Sql) => Promise<void>): Promise<void>;
  /** Runs `work` while nothing else uses the same database connection. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** PGlite only: the whole data folder as a tar, to start another one from. */
  dump?(): Promise<Blob>;
}

/**
 * Postgres prints `2026-11-01 12:00:00+00`, PostgREST answers `2026-11-01T12:00:00+00:00`, and lite passes on what Postgres
 * printed: parsers for both drivers by type id (1114 timestamp, 1184 timestamptz). Sessions run in UTC.
 */
export function isoTimestamp(printed: string): string {
  return printed.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
}
