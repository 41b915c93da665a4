import type { startTestSupabase as start } from "@turnpike/local/testing";
import { type LentSupabase, lendSupabase } from "../parts/index.ts";

/**
 * Stands in for `@turnpike/local/testing` while mutants are tried: the database that a test starts is lent to it, unless it asks for
 * one of another kind.
 */
export type TestSupabase = LentSupabase;

const { MIGRATIONS_DIR: migrationsDir } = process.env;
const local = () => import("@turnpike/local/testing");

export async function startTestSupabase(options: Parameters<typeof start>[0] = {}) {
  if (Object.keys(options).length === 0) return lendSupabase();
  return (await local()).startTestSupabase({ ...(migrationsDir && { migrationsDir }), ...options });
}

export const startTestPostgres = async () => (await local()).startTestPostgres();
