import { getObject } from "@turnpike/core/mirror";
import { startTestPostgres, startTestSupabase, type TestConnection, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkoutSession, customer, id } from "./builders.ts";

// PGlite has one connection, so its locks never meet: what happens at the same time needs a real Postgres.
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let server: TestSupabase;
let signingUp: TestConnection;
let arriving: TestConnection;
beforeAll(async () => {
  postgres = await startTestPostgres();
  server = await startTestSupabase({ databaseUrl: postgres.url });
  await server.query(
    "insert into billing.stripe_account (id, livemode, key_hashes) values ('acct_1', false, '{a key}')",
  );
  [signingUp, arriving] = [postgres.connect(), postgres.connect()];
}, 90_000);
afterAll(async () => {
  await Promise.all([signingUp?.close(), arriving?.close()]);
  await server?.close();
  await postgres?.close();
});

async function begin(connection: TestConnection, text: string, values: unknown[]): Promise<void> {
  await connection.query("begin");
  await connection.query(text, values);
}

interface Person {
  id: string;
  email: string;
}

const signUp = (user: Person) =>
  begin(signingUp, "insert into auth.users (id, email, email_confirmed_at) values ($1, $2, now())", [
    user.id,
    user.email,
  ]);
const arrive = (name: "customer" | "checkout_session", shown: object) => {
  const change = { ...getObject(name).project(shown as never), fetched: true, as_of: new Date().toISOString() };
  return begin(arriving, "select * from apply_stripe_changes($1::text::jsonb, 'a key', false)", [
    JSON.stringify([change]),
  ]);
};

const COMES: { what: string; come(user: Person, customerId: string): Promise<void> }[] = [
  {
    what: "a purchase with the address",
    come: ({ email }, customerId) =>
      arrive(
        "checkout_session",
        checkoutSession({ customer: customerId, client_reference_id: null, customer_details: { email } } as never),
      ),
  },
  {
    what: "a purchase without a customer",
    come: ({ email }) =>
      arrive(
        "checkout_session",
        checkoutSession({
          id: `cs_${email}`,
          customer: null,
          client_reference_id: null,
          customer_details: { email },
        } as never),
      ),
  },
  {
    what: "a customer with the address",
    come: ({ email }, customerId) => arrive("customer", customer({ id: customerId, email, metadata: {} })),
  },
  {
    what: "a customer whom the operator has promised to the user",
    async come(user, customerId) {
      const claim = { customer_id: customerId, users: [user.id], organizations: [] };
      await server.query("select from apply_owners($1::text::jsonb, 'operator')", [JSON.stringify([claim])]);
      await arrive("customer", customer({ id: customerId, email: null, metadata: {} }));
    },
  },
  {
    what: "the operator's word of a customer who is there",
    async come(user, customerId) {
      await server.query("insert into customers (id, as_of) values ($1, now())", [customerId]);
      const claim = { customer_id: customerId, users: [user.id], organizations: [] };
      await begin(arriving, "select from apply_owners($1::text::jsonb, 'operator')", [JSON.stringify([claim])]);
    },
  },
];

describe.each(COMES)("a user who signs up in the moment in which $what comes", ({ come }) => {
  it.each([
    { name: "the sign-up began first, and ended first", first: "user", ends: "user" },
    { name: "the sign-up began first, and ended last", first: "user", ends: "other" },
    { name: "it began first, and ended first", first: "other", ends: "other" },
    { name: "it began first, and ended last", first: "other", ends: "user" },
  ])("owns it: $name", async ({ first, ends }) => {
    const user = { id: crypto.randomUUID(), email: `${id("both").toLowerCase()}@example.com` };
    const customerId = id("cus");
    const sides = {
      user: { begin: () => signUp(user), commit: () => signingUp.query("commit") },
      other: { begin: () => come(user, customerId), commit: () => arriving.query("commit") },
    };
    const [one, two] = first === "user" ? [sides.user, sides.other] : [sides.other, sides.user];
    await one.begin();
    let begun = false;
    const beginning = two.begin().finally(() => {
      begun = true;
    });
    const waits = await waitsForOther(() => begun);
    // Where the second waits for the first, the first can only end first.
    if (!waits && ends !== first) await two.commit();
    await one.commit();
    await beginning;
    if (waits || ends === first) await two.commit();

    const owners = await server.query<{ user_id: string }>(
      `select user_id from customers where id = $1
       union all select user_id from checkout_sessions where id = $2`,
      [customerId, `cs_${user.email}`],
    );
    expect(owners).toEqual([{ user_id: user.id }]);
  });
});

/** Whether a connection came to wait for another before its work was done. */
async function waitsForOther(isDone: () => boolean): Promise<boolean> {
  while (!isDone()) {
    const waiting = await server.query("select from pg_stat_activity where wait_event_type = 'Lock'");
    if (waiting.length > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
