/** What tests and measurements start: Supabase on this machine, a bare Postgres, a free port. */
export { getAuthSchemaSql } from "@supabase/lite";
export { bootstrapSql } from "../supabase/bootstrap.ts";
export { type EmbeddedSupabase, generateSigningKey, startEmbeddedSupabase } from "../supabase/index.ts";
export { readMigrations } from "../supabase/migrations.ts";
export { shareBuiltStacks } from "./built-stacks.ts";
export { connectTo, findFreePort, startTestPostgres, type TestConnection } from "./postgres.ts";
export { startTestSupabase, type TestSupabase } from "./supabase.ts";
