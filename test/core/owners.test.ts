import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckout } from "@turnpike/core/checkout";
import { applyOwners, byEmail, inCsv, inTable, planOwners, type Source } from "@turnpike/core/owners";
import { describe, expect, it, onTestFinished } from "vitest";
import { startBilling } from "../billing.ts";
import { customer, event } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";
import { LONG_AGO } from "../parts/shop.ts";

const account = eachWithAccount();

const verdictsOf = async (judging: AsyncIterable<{ customerId: string; outcome: string; reason: string | null }[]>) => {
  const said: string[] = [];
  for await (const batch of judging) {
    said.push(...batch.map(({ customerId, outcome, reason }) => [customerId, outcome, reason ?? ""].join(" ").trim()));
  }
  return said.toSorted();
};
const plan = (source: Source) => verdictsOf(planOwners(account.supabase.client, source));
const apply = (source: Source) => verdictsOf(applyOwners(account.supabase.client, source));
const ownersNow = () =>
  account.supabase.query<{ id: string; owner: string; owned_by: string }>(
    "select id, coalesce(user_id::text, organization_id) as owner, owned_by from customers order by id",
  );
const addRow = (id: string, owner: { user?: string; organization?: string; by?: string; deleted?: boolean } = {}) =>
  account.supabase.query(
    "insert into customers (id, user_id, organization_id, owned_by, deleted) values ($1, $2, $3, $4, $5)",
    [id, owner.user ?? null, owner.organization ?? null, owner.by ?? null, owner.deleted ?? false],
  );
const csv = (...lines: string[]) => inCsv(["customer_id,user_id,organization_id", ...lines].join("\n"));
const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("what is said of customers once all have been read", () => {
  it("is judged before anything is written, then done as it was judged, and done again changes nothing", async () => {
    await account.shop.completeMirror();
    const [ada, grace, gone] = [
      await account.shop.newUser(),
      await account.shop.newUser(),
      await account.shop.newUser(),
    ];
    await account.supabase.query("update auth.users set deleted_at = now() where id = $1", [gone.id]);
    for (const id of ["cus_a", "cus_b", "cus_g", "cus_h", "cus_m"]) await addRow(id);
    await addRow("cus_c", { user: ada.id, by: "metadata" });
    await addRow("cus_d", { user: grace.id, by: "metadata" });
    await addRow("cus_e", { user: grace.id, by: "email" });
    await addRow("cus_f", { deleted: true });
    const source = csv(
      `cus_a,${ada.id.toUpperCase()},`,
      'cus_b,,"the ""A"" team, Berlin"',
      `cus_c,${ada.id},`,
      `cus_d,${ada.id},`,
      `cus_e,${ada.id},`,
      `cus_f,${ada.id},`,
      `cus_g,${NOBODY},`,
      `cus_h,${ada.id},`,
      `cus_h,${grace.id},`,
      "cus_i,12345,",
      "cus_j,,",
      `cus_k,${ada.id},`,
      `sub_l,${ada.id},`,
      `cus_m,${gone.id},`,
    );
    const expected = [
      "cus_a matched",
      "cus_b matched",
      "cus_c owned",
      "cus_d conflicting owned_by_another",
      "cus_e matched instead_of_address",
      "cus_f unmatched customer_deleted",
      "cus_g unmatched no_such_user",
      "cus_h conflicting named_twice",
      "cus_i unmatched no_user_id",
      "cus_j unmatched names_nobody",
      "cus_k unmatched no_such_customer",
      "cus_m unmatched payer_left",
      "sub_l unmatched no_customer_id",
    ];
    const before = await ownersNow();
    expect(await plan(source)).toEqual(expected);
    expect(await ownersNow()).toEqual(before);
    expect(await apply(source)).toEqual(expected);
    const after = await ownersNow();
    expect(after).toEqual([
      { id: "cus_a", owner: ada.id, owned_by: "operator" },
      { id: "cus_b", owner: 'the "A" team, Berlin', owned_by: "operator" },
      { id: "cus_c", owner: ada.id, owned_by: "metadata" },
      { id: "cus_d", owner: grace.id, owned_by: "metadata" },
      { id: "cus_e", owner: ada.id, owned_by: "operator" },
      ...["cus_f", "cus_g", "cus_h", "cus_m"].map((id) => ({ id, owner: null, owned_by: null })),
    ]);
    const again = (verdict: string) => verdict.replace(/matched( instead_of_address)?$/, "owned");
    expect(await apply(source)).toEqual(
      expected.map((verdict) => (verdict.includes("unmatched") ? verdict : again(verdict))),
    );
    expect(await ownersNow()).toEqual(after);
  });

  it("by confirmed addresses is of customers of nobody alone", async () => {
    const [ada, grace] = [await account.shop.newUser(), await account.shop.newUser()];
    await addRow("cus_a");
    await addRow("cus_b", { user: grace.id, by: "metadata" });
    await addRow("cus_c");
    await account.supabase.query("update customers set email = upper($1) where id <> 'cus_c'", [ada.email]);
    await account.supabase.query("update customers set email = $1 where id = 'cus_c'", [grace.email]);
    await account.supabase.query("update auth.users set email_confirmed_at = null where id = $1", [grace.id]);
    expect(await apply(byEmail())).toEqual(["cus_a matched"]);
    expect((await ownersNow())[0]).toEqual({ id: "cus_a", owner: ada.id, owned_by: "email" });
  });
});

it("a customer who is not read yet is promised: a sale asks Stripe about it, and sells nothing twice", async () => {
  const [user, other] = [await account.shop.newUser(), await account.shop.newUser()];
  const { id: price } = await account.shop.sell("monthly");
  const { customer: id } = await account.addSubscriber({ price, email: "billing@example.com" });
  const source = csv(`${id},${user.id},`, `cus_ofAnotherAccount,${user.id},`);
  const expected = [`${id} matched once_read`, "cus_ofAnotherAccount matched once_read"].toSorted();
  expect(await apply(source)).toEqual(expected);
  expect(await plan(source)).toEqual(expected.map((verdict) => verdict.replace("matched", "owned")));
  expect(await ownersNow()).toEqual([]);
  expect(await openCheckout(account.shop.billing, user, account.shop.purchase(price))).toContain("/p/session/");
  expect((await account.lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(id);
  expect(await openCheckout(account.shop.billing, other, account.shop.purchase(price))).toContain("/c/pay/");
  expect(await account.supabase.query("select customer_id from billing.promised_owners")).toEqual([
    { customer_id: "cus_ofAnotherAccount" },
  ]);
});

describe("what is promised is given as soon as both are there, without a second run", () => {
  const promised = () => account.supabase.query("select customer_id from billing.promised_owners");
  const arrive = async (fields: Parameters<typeof customer>[0]) => {
    expect(await account.shop.apply(event("customer.created", customer(fields), LONG_AGO))).toEqual(["applied"]);
  };
  const signUp = (id: string, email = `${id}@example.com`) =>
    account.supabase.query("insert into auth.users (id, email, email_confirmed_at) values ($1, $2, now())", [
      id,
      email,
    ]);
  const later = () => crypto.randomUUID();

  it("to a user and to an organisation, when their customers arrive", async () => {
    const user = await account.shop.newUser();
    await apply(csv(`cus_a,${user.id},`, "cus_b,,acme"));
    await arrive({ id: "cus_b" });
    await arrive({ id: "cus_a", email: (await account.shop.newUser()).email });
    expect(await ownersNow()).toEqual([
      { id: "cus_a", owner: user.id, owned_by: "operator" },
      { id: "cus_b", owner: "acme", owned_by: "operator" },
    ]);
    expect(await promised()).toEqual([]);
  });

  it("to a user who is not there yet, whichever of the two comes first", async () => {
    const [early, late] = [later(), later()];
    const source = csv(`cus_a,${early},`, `cus_b,${late},`);
    const expected = ["cus_a unmatched no_such_user", "cus_b unmatched no_such_user"];
    expect(await apply(source)).toEqual(expected);
    await signUp(early);
    await arrive({ id: "cus_a" });
    await arrive({ id: "cus_b" });
    expect(await apply(csv(`cus_b,${late},`))).toEqual(expected.slice(1));
    await signUp(late);
    expect(await ownersNow()).toEqual([
      { id: "cus_a", owner: early, owned_by: "operator" },
      { id: "cus_b", owner: late, owned_by: "operator" },
    ]);
    expect(await promised()).toEqual([]);
  });

  it("from one who has it by an address alone, and from nobody else: then the operator is told", async () => {
    const [user, owner] = [later(), await account.shop.newUser()];
    await addRow("cus_a", { user: owner.id, by: "email" });
    await addRow("cus_b", { user: owner.id, by: "metadata" });
    await apply(csv(`cus_a,${user},`, `cus_b,${user},`));
    await signUp(user);
    expect(await ownersNow()).toMatchObject([{ owner: user }, { owner: owner.id }]);
    expect(await account.supabase.query("select kind, source_id, object_id from billing.outbox")).toEqual([
      { kind: "customer_moved", source_id: expect.anything(), object_id: "cus_a" },
      { kind: "claim_refused", source_id: user, object_id: "cus_b" },
    ]);
    expect(await promised()).toEqual([]);
  });

  it("by what was said last, and not to whom was deleted", async () => {
    const [first, second, gone] = [later(), later(), later()];
    await addRow("cus_a");
    await addRow("cus_b");
    await apply(csv(`cus_a,${first},`, `cus_b,${gone},`));
    await apply(csv(`cus_a,${second},`));
    await apply(byEmail());
    await signUp(first);
    expect((await ownersNow())[0]).toMatchObject({ owner: null });
    await signUp(second);
    expect((await ownersNow())[0]).toMatchObject({ owner: second });
    await account.supabase.query("select billing.leave_as($1)", [gone]);
    expect(await promised()).toEqual([]);
  });
});

describe("a table of the product", () => {
  const make = async (sql: string, drop: string) => {
    await account.supabase.query(sql);
    onTestFinished(async () => {
      await account.supabase.query(drop);
    });
  };

  it("is read whole, however many rows it has, whatever its names are", async () => {
    await make('create table public."odd; name" (id uuid, "cus""tomer" text)', 'drop table public."odd; name"');
    await account.supabase.query('grant select on public."odd; name" to service_role');
    const user = await account.shop.newUser();
    await account.supabase.query(
      `insert into public."odd; name" select $1, 'cus_' || lpad(n::text, 6, '0') from generate_series(1, 2300) n`,
      [user.id],
    );
    await account.supabase.query(`insert into public."odd; name" values ($1, null), ($1, '')`, [user.id]);
    await account.supabase.query(
      `insert into customers (id) select "cus""tomer" from public."odd; name" where "cus""tomer" <> ''`,
    );
    const source = inTable({ table: 'public."odd; name"', customerColumn: 'cus"tomer', userColumn: "id" });
    const verdicts = await apply(source);
    expect(verdicts).toHaveLength(2300);
    expect(new Set(verdicts.map((verdict) => verdict.split(" ")[1]))).toEqual(new Set(["matched"]));
    expect(
      await account.supabase.query("select count(*)::int as n from customers where user_id = $1", [user.id]),
    ).toEqual([{ n: 2300 }]);
  });

  it.each([
    ["public.nowhere", "id", "There is no table public.nowhere"],
    ["users; drop table customers", "id", "There is no table users; drop table customers"],
    ["public.customers", "id from customers; --", "has no column id from customers"],
  ])("%s, %s is refused", async (table, userColumn, message) => {
    await expect(plan(inTable({ table, customerColumn: "id", userColumn }))).rejects.toThrow(message);
  });

  it("that the service role may not read is not read", async () => {
    await make(
      "create schema hidden create table hidden.users (id uuid, stripe_id text)",
      "drop schema hidden cascade",
    );
    const source = inTable({ table: "hidden.users", customerColumn: "stripe_id", userColumn: "id" });
    await expect(plan(source)).rejects.toThrow(
      /^The service role may not read hidden\.users\. In a migration of yours: grant usage/,
    );
  });

  it.each([
    ["public.none", "stripe_id", /^There is no table public\.none\. Name it with its schema/],
    ["public..users", "stripe_id", /Name it with its schema/],
    ["a.b.c.d", "stripe_id", /is no name of a table\. Name it with its schema/],
    ["public.prices", "stripe_id", /^The table public\.prices has no column stripe_id$/],
  ])(
    "that is named wrongly is said to be, and not taken for a database out of order: %s",
    async (table, customerColumn, says) => {
      const source = inTable({ table, customerColumn, userColumn: "id" });
      await expect(plan(source)).rejects.toMatchObject({ name: "SourceError", message: expect.stringMatching(says) });
    },
  );
});

describe("a CSV", () => {
  it.each([
    ["id,user\ncus_1,u", "The first line must name the columns"],
    ["customer_id\ncus_1", "The first line must name the columns"],
    ["customer_id,customer_id\ncus_1,u", "The first line must name the columns"],
    ["user_id,customer_id\nu,cus_1", "The first line must name the columns: customer_id first"],
    ["customer_id,user_id\ncus_1", "Line 2 of the CSV"],
    ['customer_id,user_id\n\ncus_1,"u', "Line 3 of the CSV"],
    ["customer_id,organization_id\ncus_1,org_1\ncus_2,org_\u0000", "Line 3 of the CSV holds a NUL"],
  ])("that cannot be read is refused, and its line is named: %j", (text, message) => {
    expect(() => inCsv(text)).toThrow(message);
  });

  it("of a users table says nothing of those who never bought, and knows a user in capitals too", async () => {
    const user = "abcdef00-0000-4000-8000-000000000000";
    const lines = [`cus_1,${user}`, `,${user}`, '"",x', `cus_1,${user.toUpperCase()}`];
    const { batches } = inCsv(["customer_id,user_id", ...lines].join("\n"));
    const said = [];
    for await (const batch of batches({} as never)) said.push(...batch);
    expect(said).toEqual([{ customer_id: "cus_1", users: [user], organizations: [] }]);
  });
});

describe("billing owners", () => {
  const run = (args: string[]) => {
    const { child, ended } = startBilling(["owners", ...args], {
      TURNPIKE_DATA_DIR: tmpdir(),
      STRIPE_SECRET_KEY: "sk_test_emulator",
      STRIPE_API_BASE: account.lent.apiBase,
      SUPABASE_URL: account.supabase.url,
      SUPABASE_SECRET_KEY: account.supabase.secretKey,
    });
    child.stdin.end();
    return ended;
  };

  it("says what it would do, asks, does it, and ends with what is wrong", async () => {
    await account.shop.completeMirror();
    const [user, folder] = [await account.shop.newUser(), mkdtempSync(join(tmpdir(), "owners-"))];
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "owners.csv");
    writeFileSync(file, `\uFEFFcustomer_id,user_id\r\ncus_a,${user.id}\r\n`);
    await addRow("cus_a");
    const dry = await run(["--csv", file, "--dry-run"]);
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^matched +1\n(?:.*\n)*Nothing was written\.\n$/),
    });
    expect(await run(["--csv", file])).toMatchObject({ code: 2, stderr: expect.stringContaining("say --yes") });
    expect(await ownersNow()).toMatchObject([{ owner: null }]);
    const done = await run(["--csv", file, "--yes", "--json"]);
    expect({ code: done.code, ...JSON.parse(done.stdout) }).toMatchObject({
      code: 0,
      applied: true,
      counts: { matched: 1 },
    });
    expect(await ownersNow()).toMatchObject([{ owner: user.id }]);

    writeFileSync(file, `customer_id,user_id\ncus_a,${NOBODY}\n`);
    const wrong = await run(["--csv", file, "--dry-run"]);
    expect(wrong).toMatchObject({ code: 3, stdout: expect.stringContaining("no such user in auth.users: promised") });
    expect(await account.supabase.query("select from billing.promised_owners")).toEqual([]);
    const promised = await run(["--csv", file, "--yes"]);
    expect(promised).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("no such user in auth.users: promised"),
    });
    expect(await account.supabase.query("select customer_id from billing.promised_owners")).toEqual([
      { customer_id: "cus_a" },
    ]);
    expect(await run([])).toMatchObject({ code: 2, stderr: expect.stringContaining("--csv, --table and --by-email") });
    expect(await run(["--table", "public.users"])).toMatchObject({ code: 2 });
    expect(await run(["--table", "public.none", "--user-column", "id"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("There is no table public.none"),
    });
  }, 60_000);
});
