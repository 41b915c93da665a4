import { applyEvents } from "@turnpike/core/mirror";
import { auditAccount } from "@turnpike/core/sync";
import { beforeEach, expect, it } from "vitest";
import { customer, event } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";
import { createSweeping } from "../parts/sweeping.ts";

// A machine whose clock was wrong, or somebody by hand, has written a moment that is yet to come.
const account = eachWithAccount();
const { sweep, drift, countLater } = createSweeping(account);
beforeEach(async () => {
  const { id: price } = await account.shop.sell("monthly");
  await account.addSubscriber({ price });
  await account.past.growOld();
  await account.reading.sync();
  await account.letTimePass();
});

const FUTURE = "now() + interval '10 days'";
const query = <Row extends object>(text: string, values: unknown[] = []) => account.supabase.query<Row>(text, values);
const targets = async () =>
  (await query<{ target: string; object: string }>("select target, object from billing.mirrored")).map(
    ({ target, object }) => ({ target, object }),
  );
const customers = () => query("select id, name, deleted from customers order by id");
const ahead = async () => {
  const counts = await Promise.all(
    (await targets()).map(async ({ target, object }) => {
      const rows = await query(`select from ${target} where as_of > now() + interval '1 minute'`);
      return rows.map(() => object);
    }),
  );
  return counts.flat();
};

it("of every table are mended by one sweep, and counted", async () => {
  for (const { target, object } of await targets()) {
    await query(
      `update ${target} set as_of = ${object === "customer" ? "'infinity'" : FUTURE} where as_of > '-infinity'`,
    );
  }
  const planted = (await ahead()).toSorted();
  expect([...new Set(planted)]).toEqual([
    "charge",
    "customer",
    "invoice",
    "invoice_payment",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "subscription",
  ]);
  await sweep();
  expect(await ahead()).toEqual([]);
  const found = await drift();
  expect(found.map(({ object }) => object).toSorted()).toEqual(planted);
  expect(new Set(found.map(({ kind, columns }) => `${kind} ${columns}`))).toEqual(new Set(["differs as_of"]));
  expect(((await countLater()) ?? []).reduce((sum, { drifted }) => sum + drifted, 0)).toBe(planted.length);
});

it("and that were edited, too, are as Stripe has them; an audit names both, and a sync mends it as well", async () => {
  const edit = () =>
    query(
      `update billing.invoices set amount_paid = 1, as_of = ${FUTURE} where id = (select min(id) from billing.invoices)`,
    );
  await edit();
  const audit = await auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  const [invoice] = audit.objects.flatMap(({ differing }) => differing);
  expect(invoice?.columns.map(({ column }) => column)).toEqual(["amount_paid", "as_of"]);
  expect(audit.equal).toBe(false);
  for (const mend of [() => account.reading.sync(), sweep]) {
    await mend();
    expect(await query("select distinct amount_paid::int from billing.invoices")).toEqual([{ amount_paid: 2900 }]);
    expect(await ahead()).toEqual([]);
    await edit();
  }
});

it("of an object that Stripe does not know are found, and end", async () => {
  await query(`insert into billing.invoices
    select (jsonb_populate_record(i, jsonb_build_object('id', 'in_invented', 'as_of', ${FUTURE}))).* from billing.invoices i limit 1`);
  await sweep();
  expect(await query("select deleted from billing.invoices where id = 'in_invented'")).toEqual([{ deleted: true }]);
  expect(await ahead()).toEqual([]);
  expect(await drift()).toMatchObject([{ object: "invoice", object_id: "in_invented", kind: "extra" }]);
});

it("that pass for deleted come back where Stripe still has the object, and no event brings them", async () => {
  const before = await customers();
  const [{ id = "" } = {}] = await query<{ id: string }>(
    `update customers set deleted = true, as_of = ${FUTURE} where id = (select min(id) from customers) returning id`,
  );
  await applyEvents(account.shop.billing, [event("customer.updated", customer({ id }), Math.floor(Date.now() / 1000))]);
  expect(await customers()).not.toEqual(before);
  await sweep();
  expect(await customers()).toEqual(before);
  expect(await ahead()).toEqual([]);
});

it("end when the object does: the deletion is as of its own moment, and no event brings the row back", async () => {
  const [{ id = "" } = {}] = await query<{ id: string }>(
    `update customers set as_of = ${FUTURE} where id = (select min(id) from customers) returning id`,
  );
  const now = Math.floor(Date.now() / 1000);
  const gone = event("customer.deleted", customer({ id }), now);
  expect((await applyEvents(account.shop.billing, [gone])).outcomes.get(gone.id)).toBe("applied");
  expect(await ahead()).toEqual([]);
  const later = event("customer.updated", customer({ id }), now + 1);
  expect((await applyEvents(account.shop.billing, [later])).outcomes.get(later.id)).toBe("stale");
  expect(await query("select deleted from customers where id = $1", [id])).toEqual([{ deleted: true }]);
});

it("are not those of a database whose clock is minutes behind Stripe's: an older answer changes nothing, and none is asked for", async () => {
  const [{ id = "" } = {}] = await query<{ id: string }>("select min(id) as id from customers");
  const now = Math.floor(Date.now() / 1000) + 120;
  const write = (name: string, at: number, deleted = false) =>
    account.supabase.client.rpc("apply_stripe_changes", {
      changes: [
        {
          object: "customer",
          object_id: id,
          row: { name },
          rank: 0,
          deleted,
          fetched: true,
          as_of: new Date(at * 1000).toISOString(),
        },
      ],
      key_hash: account.stripe.keyHash,
      one_at_a_time: false,
    });
  const row = () => query("select name, deleted from customers where id = $1", [id]);
  await write("newer", now);
  await write("older", now - 90);
  expect(await row()).toEqual([{ name: "newer", deleted: false }]);
  const [{ run_id = 0 } = {}] = await query<{ run_id: number }>("select max(id)::int as run_id from billing.sync_runs");
  const { keyHash: key_hash } = account.stripe;
  const unseen = (await account.supabase.client.rpc("list_unseen_rows", { run_id, most: 100, key_hash })).data ?? [];
  expect(unseen.map(({ object_id }) => object_id)).not.toContain(id);
  await write("gone", now, true);
  await write("back", now - 90);
  expect(await row()).toEqual([{ name: "gone", deleted: true }]);
});

it("by so little that a clock may be behind are named by an audit all the same: nobody can say that they are equal", async () => {
  const ahead =
    "update customers set deleted = true, as_of = now() + interval '5 minutes' where id = (select min(id) from customers)";
  const [{ id = "" } = {}] = await query<{ id: string }>(`${ahead} returning id`);
  const audit = await auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  expect(audit.equal).toBe(false);
  expect(audit.objects.flatMap(({ failures }) => failures)).toEqual([
    { id, reason: "its row shows a moment that is yet to come" },
  ]);
});
