import { enabledEvents, objects } from "@turnpike/core/mirror";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { project } from "./core/project.ts";
import { samples } from "./core/samples.ts";

let server: TestSupabase;
beforeAll(async () => {
  server = await startTestSupabase();
});
afterAll(() => server?.close());

it("every declared object is registered with its table, and every registered table is declared", async () => {
  const registered = await server.query<{ object: string; target: string }>(
    "select object, regexp_replace(target, '^(public|billing)\\.', '') as target from billing.mirrored",
  );
  const declared = Object.entries(objects).map(([name, { object, table }]) => ({ name, object, target: table }));
  expect(declared.map(({ name, object }) => [name, object])).toEqual(declared.map(({ object }) => [object, object]));
  const sorted = (rows: { object: string; target: string }[]) =>
    rows.map((row) => `${row.object}: ${row.target}`).sort();
  expect(sorted(declared)).toEqual(sorted(registered));
});

/** The columns of mirrored tables that no applier writes, though Stripe decides them. */
const unwritten = () =>
  server.query<{ column: string }>(`
    select format('%s.%s', m.target, a.attname) as column
    from billing.mirrored m
    join pg_attribute a on a.attrelid = m.target::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    join pg_proc p on p.oid = format('billing.apply_%s(billing.change[])', m.object)::regprocedure
    where p.prosrc !~ format('[ (]%s[,)]', a.attname)
      and a.attname not in ('user_id', 'organization_id', 'owned_by', 'named_user_id')`);

it("an applier writes every column of its table; one that a migration adds without registering anew is found", async () => {
  expect(await unwritten()).toEqual([]);
  await server.query("alter table billing.refunds add column planted text");
  try {
    expect(await unwritten()).toEqual([{ column: "billing.refunds.planted" }]);
    await server.query("select billing.mirror('refund', 'billing.refunds')");
    expect(await unwritten()).toEqual([]);
  } finally {
    await server.query("alter table billing.refunds drop column planted");
    await server.query("select billing.mirror('refund', 'billing.refunds')");
  }
});

it("a mirrored table that is registered anew keeps its place in the order of locks", async () => {
  const order = () => server.query("select object, position from billing.mirrored order by position");
  const before = await order();
  await server.query(
    "select billing.mirror('customer', 'public.customers', '{user_id,organization_id,owned_by,named_user_id}')",
  );
  expect(await order()).toEqual(before);
});

it("every event that Stripe is asked for belongs to one object", () => {
  const claims = Object.values(objects).flatMap(({ events }) => Object.keys(events));
  expect(claims.sort()).toEqual([...enabledEvents].sort());
});

it("what is sent of an object has its keys in the order in which Postgres keeps them: it sorts none", async () => {
  for (const object of Object.keys(samples)) {
    const row = JSON.stringify(project(object).row);
    const [kept] = await server.query<{ keys: string[] }>("select array(select jsonb_object_keys($1::jsonb)) as keys", [
      row,
    ]);
    expect(Object.keys(JSON.parse(row)), object).toEqual(kept?.keys);
  }
});
