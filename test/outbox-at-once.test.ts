import { setTimeout as sleep } from "node:timers/promises";
import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestPostgres, startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { customer, event, id, subscription } from "./builders.ts";
import { mirrorAccountOf } from "./mirrored-account.ts";

// PGlite has one connection, so its locks never meet: what happens at the same time needs a real Postgres.
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let server: TestSupabase;
let supabase: ServiceClient;
const stripe = createStripe({ secretKey: "sk_test_unused", apiBase: "http://127.0.0.1:9" });
const NOW = 1_790_000_000;

beforeAll(async () => {
  postgres = await startTestPostgres();
  server = await startTestSupabase({ databaseUrl: postgres.url });
  supabase = createServiceClient(server);
  await mirrorAccountOf(stripe, supabase);
}, 90_000);
afterAll(async () => {
  await server?.close();
  await postgres?.close();
});

const apply = (...events: Parameters<typeof applyEvents>[1]) => applyEvents({ stripe, supabase }, events);

it("two subscriptions that two consumers bring in the same moment are noticed, however often it happens", async () => {
  const payers = await server.query<{ id: string }>(
    "insert into auth.users (id, email) select gen_random_uuid(), format('d%s@example.com', n) from generate_series(1, 40) n returning id",
  );
  const failures: unknown[] = [];
  for (const user of payers) {
    const cus = customer({ metadata: { user_id: user.id } });
    await apply(event("customer.created", cus, NOW));
    await Promise.all(
      [0, 1].map((n) =>
        apply(
          event("customer.subscription.created", subscription({ customer: cus.id, created: NOW + n }), NOW + n),
        ).catch((error) => failures.push(error)),
      ),
    );
  }
  expect(failures).toEqual([]);
  // What the relay does with those of which neither transaction saw the other's.
  const suspected = await server.query<{ object_id: string }>(
    "select object_id from billing.outbox where kind = 'double_suspected'",
  );
  for (const { object_id } of suspected)
    await supabase.rpc("report_double_subscriptions", { subscription_id: object_id });
  const [found] = await server.query<{ doubles: number; payers: number }>(
    `select count(*)::int as doubles, count(distinct customer_id)::int as payers
     from billing.outbox join user_subscriptions s on s.id = object_id where kind = 'double_subscription'`,
  );
  expect(found).toEqual({ doubles: payers.length, payers: payers.length });
}, 120_000);

it("a subscription that meets another transaction again is looked at again, also when it was before", async () => {
  const [cus, sub] = [id("cus"), id("sub")];
  const other = postgres.connect();
  try {
    await other.query("select pg_advisory_lock(hashtextextended($1, 0))", [cus]);
    const suspected = async () => {
      await server.query("select billing.watch_subscription($1, $2, '{}')", [sub, cus]);
      return server.query(
        `update billing.outbox set sent_at = now()
         where kind = 'double_suspected' and object_id = $1 and sent_at is null returning object_id`,
        [sub],
      );
    };
    for (let race = 0; race < 2; race++) expect(await suspected()).toEqual([{ object_id: sub }]);
  } finally {
    await other.close();
  }
});

it.each([
  ["that leaves at this moment", true],
  ["that leaves when it is just given one", false],
])("a customer that comes to an organisation %s is noticed", async (_, leavesFirst) => {
  const [cus, acme] = [id("cus"), id("org")];
  await server.query("insert into customers (id) values ($1)", [cus]);
  const leave = `select billing.leave('organization', '${acme}')`;
  const give = `update customers set organization_id = '${acme}' where id = '${cus}'`;
  const [first, second] = leavesFirst ? ([leave, give] as const) : ([give, leave] as const);
  const other = postgres.connect();
  try {
    await other.query("begin");
    await other.query(first);
    let isOver = false;
    const later = server.query(second).finally(() => {
      isOver = true;
    });
    while (!isOver && (await server.query("select from pg_locks where not granted")).length === 0) await sleep(10);
    await other.query("commit");
    await later;
  } finally {
    await other.close();
  }
  const told = "select from billing.outbox where kind = 'customer_orphaned' and object_id = $1";
  expect(await server.query(told, [cus])).toHaveLength(1);
});

it("a notice is taken by one of many relays at once", async () => {
  await server.query("truncate billing.outbox");
  await server.query(
    "insert into billing.outbox (source_id, kind, object_id) select 's' || n, 'dispute_opened', 'du' || n from generate_series(1, 200) n",
  );
  const taken = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const ids: number[] = [];
      for (;;) {
        const { data } = await supabase.rpc("take_notices", { most: 7 });
        if (!data?.length) return ids;
        ids.push(...data.map((notice) => notice.id));
      }
    }),
  );
  expect(taken.flat()).toHaveLength(200);
  expect(new Set(taken.flat()).size).toBe(200);
}, 60_000);

it("a customer that comes to a user while the user is being deleted is noticed", async () => {
  for (let round = 0; round < 30; round++) {
    const [user] = await server.query<{ id: string }>(
      "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
      [`${id("gone")}@example.com`],
    );
    const cus = customer({ metadata: { user_id: user?.id ?? "" } });
    const sub = subscription({ customer: cus.id, metadata: { user_id: user?.id ?? "" } });
    await Promise.all([
      apply(event("customer.created", cus, NOW), event("customer.subscription.created", sub, NOW)),
      server.query("delete from auth.users where id = $1", [user?.id]),
    ]);
    const told = await server.query(
      "select from billing.outbox where kind = 'subscription_orphaned' and object_id = $1",
      [sub.id],
    );
    const closed = await server.query(
      "select from billing.outbox where kind = 'customer_orphaned' and object_id = $1",
      [cus.id],
    );
    // At once, or by the relay, which looks once more at what a customer of theirs holds.
    expect(told.length + closed.length, `round ${round}`).toBeGreaterThan(0);
  }
}, 120_000);
