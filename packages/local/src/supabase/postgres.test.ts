import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPostgres } from "../testing/postgres.ts";
import { startTestSupabase, type TestSupabase } from "../testing/supabase.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let supabase: TestSupabase;

beforeAll(async () => {
  postgres = await startTestPostgres();
  supabase = await startTestSupabase({ databaseUrl: postgres.url });
}, 60_000);
afterAll(async () => {
  await supabase?.close();
  await postgres?.close();
});

test("the same API stands on a Postgres server, where calls do run at the same time", { timeout: 30_000 }, async () => {
  await supabase.query("create function echo(rows jsonb) returns jsonb language sql as 'select rows'");
  await supabase.query(`create function meet() returns boolean language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(1);
    for i in 1..500 loop
      if (select count(*) from pg_locks where locktype = 'advisory') = 2 then
        perform pg_sleep(0.1);
        return true;
      end if;
      perform pg_sleep(0.01);
    end loop;
    return false;
  end $$`);
  await supabase.query("create function fail() returns void language plpgsql as $$ begin raise 'no'; end $$");
  const connect = (key: string) => createClient(supabase.url, key, { auth: { persistSession: false } });
  const [visitor, user, service] = [
    connect(supabase.publishableKey),
    connect(supabase.publishableKey),
    connect(supabase.secretKey),
  ];

  const signedUp = await user.auth.signUp({ email: "ada@example.com", password: "password1" });
  await supabase.query("insert into customers (id, user_id) values ('cus_1', $1)", [signedUp.data.user?.id]);
  expect((await user.from("customers").select("id, as_of")).data).toEqual([{ id: "cus_1", as_of: "-infinity" }]);
  expect((await visitor.from("customers").select()).error).toMatchObject({ code: "42501" });
  expect((await user.from("customers").insert({ id: "cus_2" })).error).toMatchObject({ code: "42501" });

  const rows = [{ id: 1, nested: ["a", null, { b: 2 }] }];
  expect((await service.rpc("echo", { rows })).data).toEqual(rows);
  expect(await service.rpc("fail")).toMatchObject({ status: 400, error: { code: "P0001" } });

  const met = await Promise.all([service.rpc("meet"), service.rpc("meet")]);
  expect(met.map(({ data }) => data)).toEqual([true, true]);
});
