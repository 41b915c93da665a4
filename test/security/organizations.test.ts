import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleOf } from "../documented.ts";
import { startDatabase, type TestDatabase } from "./database.ts";

// The example of docs/organizations.md, run as it stands there, and everything that a member, a manager and a stranger may see.

const ACME = "0a000000-0000-4000-8000-000000000001";
const OTHER = "0a000000-0000-4000-8000-000000000002";
const PEOPLE = {
  manager: "0b000000-0000-4000-8000-000000000001",
  member: "0b000000-0000-4000-8000-000000000002",
  stranger: "0b000000-0000-4000-8000-000000000003", // belongs to another organisation
  visitor: undefined,
};
type Person = keyof typeof PEOPLE;

let database: TestDatabase;
beforeAll(async () => {
  database = await startDatabase();
  const { query } = database;
  for (const statement of exampleOf("docs/organizations.md")) await query(statement);
  for (const id of Object.values(PEOPLE).filter((each) => each !== undefined))
    await query("insert into auth.users (id, email) values ($1, $2)", [id, `${id}@example.com`]);
  for (const id of [ACME, OTHER]) await query("insert into organizations values ($1, 'An organisation')", [id]);
  for (const [organization, person, role] of [
    [ACME, PEOPLE.manager, "owner"],
    [ACME, PEOPLE.member, "member"],
    [OTHER, PEOPLE.stranger, "owner"],
  ])
    await query("insert into members values ($1, $2, $3)", [organization, person, role]);
  await query("insert into documents (organization_id, title) values ($1, 'Premium')", [ACME]);
  await query("grant select on organizations, members, documents to anon, authenticated");
  for (const sql of PAID) await query(sql);
}, 60_000);
afterAll(() => database?.close());

const PAID = [
  `insert into customers (id, organization_id, owned_by) values ('cus_acme', '${ACME}', 'metadata')`,
  `insert into user_subscriptions (id, customer_id, status, items, currency, cancel_at_period_end, paused, metadata, created_at)
   values ('sub_acme', 'cus_acme', 'active', '[]', 'usd', false, false, '{}', now())`,
  "insert into entitlements (id, customer_id, lookup_keys) values ('cus_acme', 'cus_acme', '{exports}')",
  `insert into checkout_sessions (id, customer_id, mode, status, payment_status, payment_failed, expires_at, created_at)
   values ('cs_acme', 'cus_acme', 'payment', 'complete', 'paid', false, now(), now())`,
  `insert into checkout_sessions (id, organization_id, mode, status, payment_status, payment_failed, payment_intent_id, expires_at, created_at)
   values ('cs_alone', '${ACME}', 'payment', 'complete', 'paid', false, 'pi_alone', now(), now())`,
  `insert into billing.payment_intents (id, status, currency, amount, amount_received, created_at)
   values ('pi_alone', 'succeeded', 'usd', 1, 1, now())`,
  `insert into billing.invoices (id, customer_id, status, currency, amount_due, amount_paid, amount_remaining, attempted, attempt_count, other_products, created_at)
   values ('in_acme', 'cus_acme', 'paid', 'usd', 1, 1, 0, true, 1, 0, now())`,
  "insert into payment_methods (id, customer_id, type, created_at) values ('pm_acme', 'cus_acme', 'card', now())",
];

async function asPerson<Row>(person: Person, sql: string): Promise<Row[]> {
  const sub = PEOPLE[person];
  return database.as<Row>(sub ? "authenticated" : "anon", sub ? { sub, role: "authenticated" } : { role: "anon" }, sql);
}
const ask = async (person: Person, sql: string) =>
  (await asPerson<{ answer: unknown }>(person, `select ${sql} as answer`))[0]?.answer;

describe("an organisation that pays", () => {
  it.each([
    ["manager", true],
    ["member", true],
    ["stranger", false],
    ["visitor", false],
  ] as const)("gives access to a %s: %s", async (person, answer) => {
    for (const sql of [
      "has_active_subscription()",
      "has_feature('exports')",
      `organization_has_active_subscription('${ACME}')`,
      `organization_has_feature('${ACME}', 'exports')`,
    ])
      expect([sql, await ask(person, sql)]).toEqual([sql, answer]);
    expect(await ask(person, `organization_has_active_subscription('${OTHER}')`)).toBe(false);
    expect(await ask(person, "has_feature('sso')")).toBe(false);
  });

  it("is asked about by the service role without being anybody", async () => {
    const served = (sql: string) => database.as("service_role", { role: "service_role" }, `select ${sql} as answer`);
    expect(await served(`organization_has_active_subscription('${ACME}')`)).toEqual([{ answer: true }]);
    expect(await served(`organization_has_feature('${OTHER}', 'exports')`)).toEqual([{ answer: false }]);
    expect(await served(`user_has_active_subscription('${PEOPLE.member}')`)).toEqual([{ answer: true }]);
    expect(await served(`manages_billing('${PEOPLE.manager}', '${ACME}')`)).toEqual([{ answer: true }]);
    expect(await served(`manages_billing('${PEOPLE.member}', '${ACME}')`)).toEqual([{ answer: false }]);
    expect(await served(`manages_billing('${PEOPLE.stranger}', '${ACME}')`)).toEqual([{ answer: false }]);
    const found = "select id, is_owned, is_live from find_customers(organization_id => '";
    expect(await database.as("service_role", {}, `${found}${ACME}')`)).toEqual([
      { id: "cus_acme", is_owned: true, is_live: true },
    ]);
    expect(await database.as("service_role", {}, `${found}${OTHER}')`)).toEqual([]);
  });

  it("opens the product's own table by the documented policy", async () => {
    const titles = async (person: Person) => (await asPerson(person, "select title from documents")).length;
    expect(await Promise.all([await titles("manager"), await titles("member")])).toEqual([1, 1]);
    expect(await Promise.all([await titles("stranger"), await titles("visitor")])).toEqual([0, 0]);
  });

  const SHARED = ["user_subscriptions", "entitlements"];
  const MONEY = ["customers", "checkout_sessions", "payment_methods", "payment_history"];
  it.each([...SHARED, ...MONEY])("shows its rows of %s to whom they concern", async (table) => {
    const rows = async (person: Person) =>
      (await asPerson(person, `select id from ${table}`).catch(() => "refused")).length;
    const all = await database.query(`select id from ${table}`);
    expect(all.length).toBeGreaterThan(0);
    expect(await rows("manager")).toBe(all.length);
    expect(await rows("member")).toBe(SHARED.includes(table) ? all.length : 0);
    expect(await rows("stranger")).toBe(0);
    expect(await asPerson("visitor", `select id from ${table}`).catch(String)).toContain("permission denied");
  });
});

describe("a policy of the product", () => {
  it("shows visitors what is free, and nothing else", async () => {
    await database.query("create table articles (id int primary key, premium boolean not null)");
    await database.query("alter table articles enable row level security");
    await database.query(
      "create policy reading on articles for select using (not premium or (select has_active_subscription()))",
    );
    await database.query("grant select on articles to anon, authenticated");
    await database.query("insert into articles values (1, false), (2, true)");
    const seen = async (person: Person) => (await asPerson(person, "select id from articles")).length;
    expect([await seen("visitor"), await seen("stranger"), await seen("member")]).toEqual([1, 1, 2]);
  });
});
