import { type LentSupabase, lendSupabase } from "../parts/index.ts";

/** Stands in for `@turnpike/local/testing` while mutants are tried: the database that the tests start is lent to them. */
export type TestSupabase = LentSupabase;
export const startTestSupabase = lendSupabase;
