import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startTestSupabase, type TestSupabase } from "../testing/supabase.ts";

let supabase: TestSupabase;

const connect = (key: string) => createClient(supabase.url, key, { auth: { persistSession: false } });
const anon = () => connect(supabase.publishableKey);
const service = () => connect(supabase.secretKey);

async function signedIn() {
  const client = anon();
  const { data } = await client.auth.signUp({ email: `${crypto.randomUUID()}@example.com`, password: "password1" });
  if (!data.user) throw new Error("Not signed up");
  return { client, id: data.user.id };
}

async function customerOf(userId: string): Promise<string> {
  const id = `cus_${crypto.randomUUID().slice(0, 8)}`;
  await supabase.query("insert into customers (id, user_id) values ($1, $2)", [id, userId]);
  return id;
}

beforeAll(async () => {
  supabase = await startTestSupabase();
  await supabase.query(`create function fail(state text) returns void language plpgsql as $$
    begin raise exception 'refused' using errcode = state, detail = 'why', hint = 'what next'; end $$`);
  await supabase.query("create function echo(rows jsonb) returns jsonb language sql as 'select rows'");
  await supabase.query(`create function who() returns jsonb language sql as $$
    select jsonb_build_object('role', current_user, 'uid', auth.uid()) $$`);
  await supabase.query("create function closed() returns int language sql as 'select 1'");
  await supabase.query("revoke execute on function closed() from public, anon, authenticated");
  await supabase.query("create table notes (id int primary key check (id > 0), note text not null, at timestamptz)");
  await supabase.query(`insert into products values
    ('prod_on', 'On sale', null, true, null, '{}', '{}', '{}', now(), now(), 0, false, false),
    ('prod_off', 'Withdrawn', null, false, null, '{}', '{}', '{}', now(), now(), 0, false, false)`);
}, 60_000);
afterAll(() => supabase.close());

describe("row-level security", () => {
  test("a customer is seen by its user and the service role, by nobody else", async () => {
    const [owner, other] = [await signedIn(), await signedIn()];
    const id = await customerOf(owner.id);
    const read = async (client: ReturnType<typeof anon>) =>
      (await client.from("customers").select("id").eq("id", id)).data;
    expect(await read(owner.client)).toEqual([{ id }]);
    expect(await read(other.client)).toEqual([]);
    expect(await read(service())).toEqual([{ id }]);
    expect((await anon().from("customers").select()).error).toMatchObject({ code: "42501" });
  });

  test("anyone reads what is on sale", async () => {
    const { data } = await anon().from("products").select("id");
    expect(data).toEqual([{ id: "prod_on" }]);
  });

  test("neither visitors nor users write the mirror", async () => {
    const { client } = await signedIn();
    const [visitor, user] = await Promise.all([
      anon().from("customers").insert({ id: "cus_mine" }),
      client.from("customers").insert({ id: "cus_mine" }),
    ]);
    expect(visitor).toMatchObject({ status: 401, error: { code: "42501" } });
    expect(user).toMatchObject({ status: 403, error: { code: "42501" } });
  });

  test("payment_history shows a user their own payments through tables that the API does not expose", async () => {
    const { client, id } = await signedIn();
    const customer = await customerOf(id);
    await supabase.query(
      `insert into billing.invoices (id, customer_id, status, currency, amount_due, amount_paid, amount_remaining, attempted,
         attempt_count, other_products, created_at, as_of, rank, deleted, fetched)
       select 'in_' || c, c, 'paid', 'usd', 500, 500, 0, true, 1, 0, now(), now(), 0, false, false
       from unnest(array[$1, 'cus_foreign']) c`,
      [customer],
    );
    const { data } = await client.from("payment_history").select("id, amount, status");
    expect(data).toEqual([{ id: `in_${customer}`, amount: 500, status: "paid" }]);
    expect((await client.schema("billing").from("invoices").select()).status).toBe(406);
  });

  test("calls side by side keep each its own role", async () => {
    const users = [await signedIn(), await signedIn()];
    const visitor = anon();
    const calls = Array.from({ length: 8 }).flatMap(() => [
      ...users.map(({ client, id }) => ({ client, expected: { role: "authenticated", uid: id } })),
      { client: visitor, expected: { role: "anon", uid: null } },
      { client: service(), expected: { role: "service_role", uid: null } },
    ]);
    const answers = await Promise.all(calls.map(async ({ client }) => (await client.rpc("who")).data));
    expect(answers).toEqual(calls.map(({ expected }) => expected));
  });
});

describe("grants", () => {
  test("what a migration creates in public is open to the API's roles", async () => {
    expect((await anon().from("notes").insert({ id: 1, note: "a" })).error).toBeNull();
    expect((await anon().rpc("echo", { rows: 1 })).data).toBe(1);
  });

  test("what it revokes stays revoked", async () => {
    const { client } = await signedIn();
    expect(await anon().rpc("closed")).toMatchObject({ status: 401, error: { code: "42501" } });
    expect(await client.rpc("closed")).toMatchObject({ status: 403, error: { code: "42501" } });
    expect((await service().rpc("closed")).data).toBe(1);
    const ofAnybody = { user_id: crypto.randomUUID() };
    for (const who of [anon(), client]) {
      expect((await who.rpc("has_active_subscription")).data).toBe(false);
      expect((await who.rpc("user_has_active_subscription", ofAnybody)).error).toMatchObject({ code: "42501" });
    }
  });
});

describe("what PostgREST answers", () => {
  // https://docs.postgrest.org/en/v12/references/errors.html
  test.each([
    ["P0001", 400],
    ["23514", 400],
    ["22023", 400],
    ["23503", 409],
    ["23505", 409],
    ["40001", 500],
    ["40P01", 500],
    ["57014", 500],
    ["55P03", 500],
    ["53300", 503],
  ])("a raised %s is status %i with its code, detail and hint", async (state, status) => {
    const error = vi.spyOn(console, "error");
    const answer = await service().rpc("fail", { state });
    expect(answer).toMatchObject({ status, error: { code: state, message: "refused", details: "why" } });
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });

  test("violated constraints", async () => {
    const notes = service().from("notes");
    await notes.insert({ id: 7, note: "a" });
    expect(await notes.insert({ id: 7, note: "a" })).toMatchObject({ status: 409, error: { code: "23505" } });
    expect(await notes.insert({ id: -7, note: "a" })).toMatchObject({ status: 400, error: { code: "23514" } });
    expect(await notes.insert({ id: 8 })).toMatchObject({ status: 400, error: { code: "23502" } });
  });

  test("jsonb arguments come back as they went", async () => {
    const rows = [{ id: 1, text: 'a "quoted" \\ ü', nested: { list: [1, null, true, "2"] } }, "text", 5, null, []];
    expect((await service().rpc("echo", { rows })).data).toEqual(rows);
  });

  test("times are ISO 8601 in UTC, with microseconds", async () => {
    await service().from("notes").insert({ id: 9, note: "a", at: "2026-11-01T12:00:00.123456+02:00" });
    const { data } = await service().from("notes").select("at").eq("id", 9).single();
    expect(data).toEqual({ at: "2026-11-01T10:00:00.123456+00:00" });
  });
});
