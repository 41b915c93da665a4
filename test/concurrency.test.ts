import { setTimeout as sleep } from "node:timers/promises";
import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestPostgres, startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import { customer, event, id, invoice, subscription } from "./builders.ts";
import { createRandom, shuffle } from "./disorder.ts";
import { mirrorAccountOf } from "./mirrored-account.ts";

// PGlite has one connection, so its locks never meet: what happens at the same time needs a real Postgres.
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let server: TestSupabase;
let supabase: ServiceClient;
const stripe = createStripe({ secretKey: "sk_test_unused", apiBase: "http://127.0.0.1:9" });

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

const NOW = 1_790_000_000;
const CONSUMERS = 8;
const BATCH = 20;

it("eight consumers with overlapping batches lose no update, double none and meet no deadlock", async () => {
  const users = await server.query<{ id: string }>(
    "insert into auth.users (id, email) select gen_random_uuid(), format('u%s@example.com', n) from generate_series(1, 30) n returning id",
  );
  const latest = new Map<string, string>();
  const events: Stripe.Event[] = users.flatMap((user, n) => {
    const cus = customer({ email: `u${n}@example.com`, metadata: { user_id: user.id } });
    const sub = subscription({ customer: cus.id });
    const inv = invoice({ customer: cus.id });
    latest.set(sub.id, "canceled");
    latest.set(inv.id, "paid");
    return [
      event("customer.created", cus, NOW),
      ...Array.from({ length: 12 }, (_, k) => event("customer.updated", { ...cus, name: `v${k}` }, NOW + 1 + k)),
      ...Array.from({ length: 12 }, (_, k) =>
        event("customer.subscription.updated", { ...sub, status: k % 2 ? "active" : "past_due" }, NOW + k),
      ),
      event("customer.subscription.deleted", { ...sub, status: "canceled" }, NOW + n),
      event("invoice.finalized", { ...inv, status: "open", amount_paid: 0 }, NOW),
      event("invoice.paid", inv, NOW + 5),
    ];
  });

  // Each consumer gets all of it in another order, so that every batch overlaps with others.
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: CONSUMERS }, async (_, consumer) => {
      const own = shuffle([...events], createRandom(consumer + 1)).slice(0, Math.ceil(events.length / 2));
      for (let start = 0; start < own.length; start += BATCH) {
        const outcomes = await applyEvents({ stripe, supabase }, own.slice(start, start + BATCH)).catch(
          (error) => error,
        );
        if (outcomes instanceof Error) failures.push(outcomes);
      }
    }),
  );
  expect(failures).toEqual([]);
  // What no consumer happened to have.
  await applyEvents({ stripe, supabase }, events);

  const rows = await server.query<{ id: string; status: string }>(
    "select id, status from user_subscriptions union all select id, status from billing.invoices",
  );
  expect(new Map(rows.map(({ id, status }) => [id, status]))).toEqual(latest);
  const customers = await server.query(
    "select name, count(distinct user_id)::int as owners from customers group by name",
  );
  expect(customers).toEqual([{ name: "v11", owners: users.length }]);
  const [ledger] = await server.query<{ entries: number }>(
    "select count(*)::int as entries from billing.stripe_events",
  );
  expect(ledger?.entries).toBe(events.length);
}, 120_000);

it("claims of one customer by many consumers at once leave it one owner", async () => {
  const users = await server.query<{ id: string }>(
    `insert into auth.users (id, email) select gen_random_uuid(), $1 || n || '@example.com' from generate_series(1, ${CONSUMERS}) n returning id`,
    [id("user")],
  );
  const { id: customerId } = customer();
  await Promise.all(
    users.map((user) => {
      const claim = customer({ id: customerId, metadata: { user_id: user.id } });
      return applyEvents({ stripe, supabase }, [event("customer.updated", claim, NOW)]);
    }),
  );
  const [owned] = await server.query<{ user_id: string }>("select user_id from customers where id = $1", [customerId]);
  expect(users.map((user) => user.id)).toContain(owned?.user_id);
  const refused = await server.query("select from billing.outbox where kind = 'claim_refused' and object_id = $1", [
    customerId,
  ]);
  expect(refused).toHaveLength(CONSUMERS - 1);
});

it("a consumer that names owners and one that does not never wait for each other", async () => {
  const failures: unknown[] = [];
  const newCustomer = () => customer({ email: null }); // those with one address wait for each other
  const consume = async (events: Stripe.Event[]) => {
    await applyEvents({ stripe, supabase }, events).catch((error) => failures.push(error));
  };
  for (let round = 0; round < 60; round++) {
    const known = Array.from({ length: 12 }, newCustomer);
    await consume(known.map((each) => event("customer.created", each, NOW)));
    // Some are there and some are not, and their ids are in no order.
    const all = shuffle([...known, ...Array.from({ length: 12 }, newCustomer)], createRandom(round + 1));
    const user_id = "00000000-0000-4000-8000-000000000000";
    await Promise.all([
      consume(all.map((each) => event("customer.updated", { ...each, name: "Plain" }, NOW + 1))),
      consume(all.map((each) => event("customer.updated", { ...each, metadata: { user_id } }, NOW + 2))),
    ]);
  }
  expect(failures).toEqual([]);
}, 120_000);

it("a user who is deleted, and whoever gives their customer to another, never wait for each other", async () => {
  const [leaving, next] = await server.query<{ id: string }>(
    "insert into auth.users (id, email) select gen_random_uuid(), $1 || n || '@example.com' from generate_series(1, 2) n returning id",
    [id("user")],
  );
  const { id: customerId } = customer();
  const claim = JSON.stringify({
    object: "customer",
    object_id: customerId,
    row: {},
    rank: 0,
    deleted: false,
    fetched: true,
    as_of: "2026-11-01T00:00:00Z",
    owner: { customer_id: customerId, metadata: { user_id: next?.id } },
  });
  await server.query(
    `with made as (insert into customers (id, user_id, owned_by) values ($1, $2, 'email') returning id)
     insert into billing.given_owners (subject, user_id, owned_by) select id, $2, 'email' from made`,
    [customerId, leaving?.id],
  );
  const giving = server.query(`do $$ begin
    perform from customers where id = '${customerId}' for update;
    perform pg_sleep(1);
    perform billing.apply_changes(array[jsonb_populate_record(null::billing.change, '${claim}')]);
  end $$`);
  await sleep(300);
  const deleting = server.query("delete from auth.users where id = $1", [leaving?.id]);
  expect((await Promise.allSettled([giving, deleting])).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
  ]);
  expect(await server.query("select user_id from customers where id = $1", [customerId])).toEqual([
    { user_id: next?.id },
  ]);
});

it("two relays that settle the same notices never wait for each other", async () => {
  const notices = await server.query<{ id: string }>(
    "insert into billing.outbox (source_id, kind, object_id) select gen_random_uuid(), 'drift', n from generate_series(1, 50) n returning id",
  );
  const [first, ...others] = notices.map((notice) => notice.id);
  const settle = (ids: unknown[]) =>
    `perform public.settle_notices(array[${ids}]::bigint[], array_fill('no'::text, array[${ids.length}]))`;
  const one = server.query(`do $$ begin ${settle([first])}; perform pg_sleep(1); ${settle(others)}; end $$`);
  await sleep(300);
  const other = server.query(`do $$ begin ${settle([...others.reverse(), first])}; end $$`);
  expect((await Promise.allSettled([one, other])).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
});

it("a purchase, and the confirming of its address at the same moment, do not miss each other", async () => {
  for (const purchaseFirst of [false, true]) {
    const email = `${id("guest")}@example.com`;
    const [user] = await server.query<{ id: string }>(
      "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
      [email],
    );
    const cus = customer({ email, metadata: {} });
    const bought = event("customer.created", cus, NOW);
    const confirm = "update auth.users set email_confirmed_at = now() where email = '%'";
    if (purchaseFirst) {
      // Claimed, and not yet committed.
      const claiming = server.query(`do $$ begin
        perform billing.apply_changes(array[jsonb_populate_record(null::billing.change, '${JSON.stringify({
          object: "customer",
          object_id: cus.id,
          row: { email },
          rank: 0,
          deleted: false,
          fetched: true,
          as_of: "2026-11-01T00:00:00Z",
          owner: { customer_id: cus.id, email },
        })}')]);
        perform pg_sleep(1);
      end $$`);
      await sleep(300);
      await Promise.all([claiming, server.query(confirm.replace("%", email))]);
    } else {
      const confirming = server.query(`do $$ begin
        ${confirm.replace("%", email)};
        perform pg_sleep(1);
      end $$`);
      await sleep(300);
      await Promise.all([confirming, applyEvents({ stripe, supabase }, [bought])]);
    }
    expect(await server.query("select user_id from customers where id = $1", [cus.id])).toEqual([
      { user_id: user?.id },
    ]);
  }
});
