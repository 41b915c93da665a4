import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiRole, type Relation, type Routine, startDatabase, type TestDatabase } from "./database.ts";
import { plantRows } from "./plant.ts";

let database: TestDatabase;
let relations: Relation[];
let routines: Routine[];
let ada: Account;
let mallory: Account;

interface Account {
  id: string;
  client: SupabaseClient;
}

beforeAll(async () => {
  database = await startDatabase();
  [ada, mallory] = [await signUp(), await signUp()];
  await plantRows(database, "ada", ada.id);
  await plantRows(database, "guest");
  relations = await database.relations();
  routines = await database.routines();
}, 60_000);
afterAll(() => database?.close());

const connect = () => createClient(database.url, database.publishableKey, { auth: { persistSession: false } });

async function signUp(): Promise<Account> {
  const client = connect();
  const { data } = await client.auth.signUp({ email: `${crypto.randomUUID()}@example.com`, password: "password1" });
  if (!data.user) throw new Error("Not signed up");
  return { id: data.user.id, client };
}

/** Whoever may see none of what is Ada's, or a guest's. */
function strangers(): [who: string, role: ApiRole, claims: object][] {
  return [
    ["a visitor", "anon", {}],
    ["another user", "authenticated", { sub: mallory.id, role: "authenticated" }],
    ["a token without a user", "authenticated", { role: "authenticated" }],
    ["a token whose user is null", "authenticated", { sub: null, role: "authenticated" }],
    ["a token that brings Ada's id elsewhere", "authenticated", { sub: mallory.id, user_id: ada.id, email: "ada" }],
    ["a visitor who claims a role", "anon", { role: "service_role", sub: ada.id }],
  ];
}

const tablesAndViews = () => relations.filter(({ kind }) => kind !== "sequence");

/** An invoice and a one-time payment; a change that waits and an end. */
const TWICE = ["public.payment_history", "public.upcoming_changes"];

describe("by SQL", () => {
  it("the owner reads a row of their own in everything that users may read", async () => {
    for (const { name, privileges } of tablesAndViews()) {
      if (!privileges.authenticated) continue;
      const rows = await database.as("authenticated", { sub: ada.id }, `select to_jsonb(t) as row from ${name} t`);
      expect({ name, rows: rows.length }).toEqual({ name, rows: TWICE.includes(name) ? 2 : 1 });
      expect(JSON.stringify(rows)).not.toContain("_guest");
    }
  });

  it("nobody else reads any of it, nor learns from an empty or foreign user that it is there", async () => {
    for (const [who, role, claims] of strangers()) {
      for (const { name } of tablesAndViews()) {
        const seen = await database.as(role, claims, `select * from ${name}`).catch(denied);
        expect({ who, name, seen }).toEqual({ who, name, seen: [] });
      }
    }
  });

  it("no column of it can be read alone, counted, locked, sorted or probed", async () => {
    for (const [who, role, claims] of strangers().slice(0, 2)) {
      for (const { name, kind, columns } of tablesAndViews()) {
        const [first = "id"] = columns;
        for (const sql of [
          ...columns.map((column) => `select "${column}" from ${name}`),
          `select 1 from ${name} having count(*) > 0`,
          ...(kind === "table" ? [`select 1 from ${name} for update`] : []),
          `select 1 from ${name} order by "${first}"`,
          `select 1 where exists (select from ${name} where "${first}"::text like '%ada%')`,
        ]) {
          const seen = await database.as(role, claims, sql).catch(denied);
          expect({ who, sql, seen }).toEqual({ who, sql, seen: [] });
        }
      }
    }
  });

  it("a user's rows are looked up in indexes: nobody's account takes as long as everybody's together", async () => {
    await database.query("set enable_seqscan = off"); // the tables are small here: an index is used where one can be
    try {
      const owned = tablesAndViews().filter(
        ({ columns, privileges }) => columns.includes("customer_id") && privileges.authenticated,
      );
      for (const { name } of owned) {
        const plan = await database.as<{ "QUERY PLAN": string }>(
          "authenticated",
          { sub: ada.id },
          `explain select * from ${name}`,
        );
        const scans = plan.filter((line) => line["QUERY PLAN"].includes("Seq Scan"));
        expect({ name, scans }).toEqual({ name, scans: [] });
      }
    } finally {
      await database.query("reset enable_seqscan");
    }
  });

  it("nobody writes, not even the owner or, but for its functions, the back end", async () => {
    const roles: [ApiRole, object][] = [
      ["anon", {}],
      ["authenticated", { sub: ada.id }],
      ["service_role", { role: "service_role" }],
    ];
    for (const [role, claims] of roles) {
      for (const { name, columns } of tablesAndViews()) {
        const [first] = columns;
        for (const sql of [
          `insert into ${name} default values`,
          `update ${name} set "${first}" = "${first}"`,
          `delete from ${name}`,
          `truncate ${name}`,
          `alter table ${name} disable row level security`,
          `create policy mine on ${name} using (true)`,
        ]) {
          await expect(database.as(role, claims, sql), `${role}: ${sql}`).rejects.toThrow(REFUSED);
        }
      }
    }
  });

  it("nobody draws from a sequence", async () => {
    for (const { name } of relations.filter(({ kind }) => kind === "sequence")) {
      for (const sql of [`select nextval('${name}')`, `select setval('${name}', 1)`, `select * from ${name}`]) {
        await expect(database.as("authenticated", { sub: ada.id }, sql)).rejects.toThrow(REFUSED);
      }
    }
  });

  it("functions that are not for users cannot be called by them, whatever they are given", async () => {
    for (const { name, callers } of routines) {
      if (callers.includes("authenticated")) continue;
      const [, callable = "", parameters = ""] = /^(.+?)\((.*)\)$/.exec(name) ?? [];
      const given = parameters ? parameters.split(",").map(() => "null") : [];
      for (const role of ["anon", "authenticated"] as const) {
        await expect(database.as(role, { sub: ada.id }, `select ${callable}(${given})`)).rejects.toThrow(REFUSED);
      }
    }
  });
});

const VIEW_IS_READ_ONLY = "55000";

/** What Postgres says when a role may not do it. */
const REFUSED = /permission denied|must be owner|cannot (insert into|update|delete from) view|is not a table/;

/** To be refused is as good as to see nothing; anything else is not. */
function denied(error: Error): object[] {
  if (REFUSED.test(error.message)) return [];
  throw error;
}

describe("who pays", () => {
  const asks = async (role: ApiRole, claims: object) => {
    const [answer] = await database.as(
      role,
      claims,
      "select has_active_subscription() as subscribed, has_feature('ada') as feature, has_feature(null) as nothing",
    );
    return answer;
  };

  it("is answered about the caller alone", async () => {
    const no = { subscribed: false, feature: false, nothing: false };
    expect(await asks("authenticated", { sub: ada.id })).toEqual({ subscribed: true, feature: true, nothing: false });
    expect(await asks("authenticated", { sub: mallory.id })).toEqual(no);
    expect(await asks("authenticated", {})).toEqual(no);
    expect(await asks("service_role", { role: "service_role" })).toEqual(no);
    expect(await asks("anon", {})).toEqual(no);
  });

  it("lists the customers of the caller alone", async () => {
    const list = (sub: string) => database.as("authenticated", { sub }, "select billing.own_customer_ids() as id");
    expect(await list(ada.id)).toEqual([{ id: "cus_ada" }]);
    expect(await list(mallory.id)).toEqual([]);
  });

  it("is not answered from a table of the caller's that bears the same name", async () => {
    const [answer] = await database.as<{ has_active_subscription: boolean }>(
      "authenticated",
      { sub: mallory.id },
      `with planted as (select set_config('search_path', 'pg_temp', true))
       select public.has_active_subscription() from planted`,
    );
    expect(answer?.has_active_subscription).toBe(false);
  });
});

describe("by the API", () => {
  const nobody = (): [string, SupabaseClient][] => [
    ["a visitor", connect()],
    ["another user", mallory.client],
  ];
  const exposed = () => tablesAndViews().flatMap(({ name }) => /^public\.(.+)/.exec(name)?.[1] ?? []);

  /** Several changes may be to come of one subscription. */
  const idOf = (table: string) => (table === "upcoming_changes" ? "subscription_id" : "id");

  it("a stranger reads nothing, however they ask", async () => {
    for (const [who, client] of nobody()) {
      for (const table of exposed()) {
        for (const read of [
          client.from(table).select(),
          client.from(table).select("*", { count: "exact" }).limit(1),
          client
            .from(table)
            .select(idOf(table))
            .or(`${idOf(table)}.not.is.null,${idOf(table)}.is.null`),
          client.from(table).select(idOf(table)).like(idOf(table), "%ada%"),
        ]) {
          const { data, count } = await read;
          expect({ who, table, data: data ?? [], count: count ?? 0 }).toEqual({ who, table, data: [], count: 0 });
        }
      }
    }
  });

  it("nobody writes, the owner included", async () => {
    for (const [who, client] of [...nobody(), ["the owner", ada.client] as const]) {
      for (const table of exposed()) {
        for (const write of [
          client.from(table).insert({ [idOf(table)]: "cus_mine" } as object),
          client.from(table).upsert({ [idOf(table)]: "cus_ada" } as object),
          client
            .from(table)
            .update({ [idOf(table)]: "cus_mine" })
            .neq(idOf(table), "x"),
          client.from(table).delete().neq(idOf(table), "x"),
        ]) {
          const { error, status } = await write;
          const refused =
            error?.code === "42501" ? status === 401 || status === 403 : error?.code === VIEW_IS_READ_ONLY;
          expect({ who, table, refused }).toEqual({ who, table, refused: true });
        }
      }
    }
  });

  it("calls only what is for it", async () => {
    for (const { name, callers } of routines.filter(({ name }) => name.startsWith("public."))) {
      const [, callable = "", parameters = ""] = /^public\.(.+?)\((.*)\)$/.exec(name) ?? [];
      const given = Object.fromEntries(
        parameters.split(", ").flatMap((one) => (one ? [[one.split(" ")[0], null]] : [])),
      );
      for (const [who, client] of nobody()) {
        const may = callers.includes(who === "a visitor" ? "anon" : "authenticated");
        const { error } = await client.rpc(callable, given);
        expect({ who, name, refused: error?.code === "42501" }).toEqual({ who, name, refused: !may });
      }
    }
  });

  it.each(["billing", "auth", "pg_catalog", "extensions"])("the schema %s is not there", async (schema) => {
    for (const [, client] of nobody()) {
      expect(await client.schema(schema).from("users").select()).toMatchObject({ status: 406, data: null });
      expect(await client.schema(schema).rpc("set_config", {})).toMatchObject({ data: null });
    }
  });
});
