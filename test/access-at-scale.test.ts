import { startTestPostgres, startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MILLION_ROWS, STATEMENTS, STRANGER, SUBSCRIBER } from "./million-rows.ts";

// A plan that is right for ten rows may read all of a million. Milliseconds belong to a benchmark; pages are counted here.

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let supabase: TestSupabase;
beforeAll(async () => {
  postgres = await startTestPostgres();
  supabase = await startTestSupabase({ databaseUrl: postgres.url });
  for (const sql of MILLION_ROWS) await supabase.query(sql);
  await supabase.query(`
    create function public.explain_as(user_id text, statement text) returns setof text language plpgsql as $$
    begin
      perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
      perform set_config('request.jwt.claim.sub', user_id, true);
      perform set_config('role', 'authenticated', true);
      return query execute 'explain (analyze, buffers, costs off, timing off, summary off) ' || statement;
      perform set_config('role', 'none', true);
    end $$`);
}, 240_000);
afterAll(async () => {
  await supabase?.close();
  await postgres?.close();
});

async function explain(userId: string, sql: string) {
  const lines = await supabase.query<{ line: string }>("select explain_as($1, $2) as line", [userId, sql]);
  const plan = lines.map(({ line }) => line).join("\n");
  const pages = [...plan.matchAll(/Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/g)].map(
    ([, hit = 0, read = 0]) => Number(hit) + Number(read),
  );
  return { plan, pages: Math.max(0, ...pages) };
}

describe("beside a million subscriptions and articles", () => {
  it.each(Object.entries(STATEMENTS))("%s reads a few pages, of a subscriber and of a stranger", async (_name, sql) => {
    for (const userId of [SUBSCRIBER, STRANGER]) {
      await explain(userId, sql); // fills the catalog's caches
      const { plan, pages } = await explain(userId, sql);
      expect(plan).not.toContain("Seq Scan");
      expect(pages).toBeLessThan(100);
    }
  });

  it("the documented policy asks once for a query, and not for each row", async () => {
    const { plan } = await explain(SUBSCRIBER, "select count(*) from public.articles where id <= 2000");
    expect(plan).toMatch(/InitPlan 1\n\s*->\s+Result \(actual rows=1\S* loops=1\)/);
    const seen = async (userId: string) =>
      (await explain(userId, "select id from public.articles where id <= 2000")).plan;
    expect(await seen(SUBSCRIBER)).toContain("rows=2000");
    expect(await seen(STRANGER)).toContain("rows=1000");
  });

  it("a customer that has its owner is not looked for among all users by its address", async () => {
    /** How many users are read for what a change says of a customer. */
    const read = async (customerId: string) => {
      const owner = { customer_id: customerId, email: "nobody@example.com" };
      const change = JSON.stringify({ object: "customer", object_id: customerId, owner });
      const counting = supabase.query(`do $$
        declare
          before bigint := (select seq_tup_read + idx_tup_fetch from pg_stat_xact_all_tables where relid = 'auth.users'::regclass);
        begin
          perform set_config('enable_seqscan', 'off', true); -- as apply_stripe_changes has it
          perform billing.claim_customers(array[jsonb_populate_record(null::billing.change, '${change}')]);
          raise 'read %', (
            select seq_tup_read + idx_tup_fetch from pg_stat_xact_all_tables where relid = 'auth.users'::regclass
          ) - before;
        end $$`);
      const raised = await counting.then(() => "nothing", String);
      return Number(/read (\d+)/.exec(raised)?.[1]);
    };
    expect(await read("cus_1")).toBeLessThan(10);
    expect(await read("cus_100000")).toBeGreaterThan(10_000); // nobody's
  });
});
