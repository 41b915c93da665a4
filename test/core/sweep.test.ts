import { applyEvents } from "@turnpike/core/mirror";
import { type Mail, relayNotices } from "@turnpike/core/notices";
import { auditAccount, keepReading } from "@turnpike/core/sync";
import { beforeEach, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createPast } from "../parts/past.ts";
import { standBeforeSupabase } from "../parts/proxy.ts";
import { createReading } from "../parts/reading.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  const { id: price } = await shop.sell("monthly");
  const user = await shop.newUser();
  for (const { id } of await createPast(lent).customers(2)) {
    await lent.stripe.subscriptions.create({ customer: id, items: [{ price }] });
    await lent.stripe.customers.update(id, { metadata: { user_id: user.id } });
  }
  await createPast(lent).growOld();
  await createReading(supabase, lent).sync();
  await letTimePass();
});

/** As if the mirror had last been written an hour ago. */
async function letTimePass() {
  for (const { target } of await supabase.query<{ target: string }>("select target from billing.mirrored")) {
    await supabase.query(`update ${target} set as_of = as_of - interval '1 hour' where as_of > '-infinity'`);
  }
  await supabase.query("update billing.stripe_events set recorded_at = recorded_at - interval '1 hour'");
  await supabase.query("update auth.users set created_at = created_at - interval '1 day'");
}

async function sweep() {
  for (;;) {
    const { worked } = await keepReading(shop.billing, performance.now() + 50_000, () => {});
    expect(worked.errors).toEqual([]);
    if (worked.state === "done" || worked.state === "none") return;
  }
}

const drift = () => supabase.query("select object, object_id, kind, columns from billing.drift order by id");
const stripeColumns = (table: string) =>
  supabase.query(
    `select to_jsonb(t) - '{as_of,fetched,rank}'::text[] as row from ${table} t where not deleted order by id`,
  );
const minutesLater = async () => {
  await supabase.query("update billing.drift set found_at = found_at - interval '11 minutes'");
  return (await supabase.client.rpc("count_drift")).data;
};
/** What the operator is told of drift. */
async function readMails() {
  const mails: Mail[] = [];
  await supabase.query("delete from billing.outbox where kind <> 'drift'");
  await relayNotices({
    ...shop.billing,
    onUserDelete: "keep",
    onDoubleSubscription: "report",
    tell: async (mail) => void mails.push(mail),
  });
  return mails;
}

it.each([
  {
    name: "a row that was edited",
    plant: "update billing.invoices set amount_paid = 1 where id = (select min(id) from billing.invoices) returning id",
    table: "billing.invoices",
    found: { object: "invoice", kind: "differs", columns: ["amount_paid"] },
  },
  {
    name: "a row that was deleted",
    plant: "delete from user_subscriptions where id = (select min(id) from user_subscriptions) returning id",
    table: "user_subscriptions",
    found: { object: "subscription", kind: "missing", columns: [] },
  },
  {
    name: "a row too many",
    plant: `insert into user_subscriptions (id, customer_id, status, items, currency, cancel_at_period_end, paused, metadata, created_at, as_of)
      select 'sub_invented', customer_id, status, items, currency, false, false, metadata, created_at, as_of from user_subscriptions limit 1
      returning id`,
    table: "user_subscriptions",
    found: { object: "subscription", kind: "extra", columns: [] },
  },
  {
    name: "a column that is null",
    plant:
      "update billing.charges set payment_intent_id = null where id = (select min(id) from billing.charges) returning id",
    table: "billing.charges",
    found: { object: "charge", kind: "differs", columns: ["payment_intent_id"] },
  },
  {
    name: "an owner who is gone",
    plant:
      "update customers set user_id = null, owned_by = null where id = (select min(id) from customers) returning id",
    table: "customers",
    found: { object: "customer", kind: "differs", columns: ["owner"] },
  },
])("$name is found and mended by one sweep, and counted when no event explains it", async ({ plant, table, found }) => {
  const before = await stripeColumns(table);
  const [planted] = await supabase.query<{ id: string }>(plant);
  expect(await stripeColumns(table)).not.toEqual(before);
  await sweep();
  expect(await stripeColumns(table)).toEqual(before);
  expect(await drift()).toEqual([{ object_id: planted?.id, ...found }]);
  expect(await minutesLater()).toEqual([{ ...found, drifted: 1 }]);
  expect(await minutesLater()).toEqual([]);
  const mails = await readMails();
  expect(mails).toMatchObject([{ subject: "The mirror had drifted from Stripe" }]);
  expect(mails[0]?.lines[0]).toContain(`${found.object}: 1 `);
  expect(mails[0]?.lines[0]).toContain(planted?.id);
});

it("an event that was never made is found; one that was merely late explains, an older one does not", async () => {
  const [unsaid, late] = await supabase.query<{ id: string }>("select id from customers order by id");
  await lent.stripe.customers.update(unsaid?.id ?? "", { name: "Unsaid" });
  await lent.stripe.customers.update(late?.id ?? "", { name: "Late" });
  await sweep();
  expect(await supabase.query("select name from customers order by id")).toEqual([
    { name: "Unsaid" },
    { name: "Late" },
  ]);
  const { data: events } = await lent.stripe.events.list({ type: "customer.updated" });
  const ofLate = events.filter(({ data }) => (data.object as { id: string }).id === late?.id);
  // One of what the row had shown before, and that comes now, says nothing of it.
  const before = events.map((event) => ({ ...event, id: `${event.id}_before`, created: event.created - 7200 }));
  await applyEvents(shop.billing, [...before, ...ofLate]);
  expect(await minutesLater()).toEqual([{ object: "customer", kind: "differs", columns: ["name"], drifted: 1 }]);
  expect(await supabase.query("select object_id from billing.drift where explained_at is not null")).toEqual([
    { object_id: late?.id },
  ]);
});

it("a user who comes after the customer that names them has it from the next sweep on, and nothing had drifted", async () => {
  const user_id = crypto.randomUUID();
  const { id } = await lent.stripe.customers.create({ metadata: { user_id } });
  await sweep();
  await letTimePass();
  await supabase.query("delete from billing.drift");
  await supabase.query("insert into auth.users (id, email) values ($1, 'late@example.com')", [user_id]);
  await supabase.query("update billing.sync_runs set started_at = started_at - interval '16 minutes'");
  await sweep();
  expect(await supabase.query("select user_id, owned_by from customers where id = $1", [id])).toEqual([
    { user_id, owned_by: "metadata" },
  ]);
  expect(await drift()).toEqual([]);
});

it("a state of which Stripe sends no event is brought in, and is no drift", async () => {
  const [price] = await supabase.query<{ id: string }>("select id from prices");
  const open = await lent.stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price?.id ?? "", quantity: 1 }],
    success_url: "https://example.com/success",
  });
  await sweep();
  expect(await supabase.query("select id, status from checkout_sessions")).toEqual([{ id: open.id, status: "open" }]);
  expect(await drift()).toEqual([]);
});

it("where nothing differs nothing is found, and both sides come to one digest", async () => {
  await sweep();
  expect(await drift()).toEqual([]);
  const [invoices] = await supabase.query<{ stripe_digest: string }>(
    "select objects::int, differing::int, stripe_digest, mirror_digest from billing.completeness where object = 'invoice'",
  );
  expect(invoices).toMatchObject({ objects: 2, differing: 0, mirror_digest: invoices?.stripe_digest });
  expect(invoices?.stripe_digest).not.toMatch(/^0*$/);
});

it("killed after it compared and before it wrote, it is followed by one that mends and counts the same once", async () => {
  const before = await stripeColumns("billing.invoices");
  await supabase.query("update billing.invoices set amount_paid = 1 where id = (select min(id) from billing.invoices)");
  let dead = false;
  const dying = await standBeforeSupabase(supabase, ({ url }, response) => {
    if (dead) response.destroy();
    dead ||= url === "/rest/v1/rpc/record_drift";
  });
  const clients = { ...shop.billing, supabase: dying.supabase };
  await expect(keepReading(clients, performance.now() + 50_000, () => {})).rejects.toThrow();
  expect(await stripeColumns("billing.invoices")).not.toEqual(before);
  expect(await drift()).toMatchObject([{ object: "invoice", columns: ["amount_paid"] }]);
  await createReading(supabase, lent).forgetWorker();
  await sweep();
  expect(await stripeColumns("billing.invoices")).toEqual(before);
  expect(await minutesLater()).toEqual([{ object: "invoice", kind: "differs", columns: ["amount_paid"], drifted: 1 }]);
});

it("what is on a test clock, which Stripe's lists leave out, is asked for one by one and stays", async () => {
  const [price] = await supabase.query<{ id: string }>("select id from prices");
  const clock = await lent.stripe.testHelpers.testClocks.create({ frozen_time: Math.floor(Date.now() / 1000) });
  const { id: customer } = await lent.stripe.customers.create({
    test_clock: clock.id,
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await lent.stripe.subscriptions.create({ customer, items: [{ price: price?.id ?? "" }] });
  expect((await lent.stripe.customers.list()).data.map(({ id }) => id)).not.toContain(customer);
  await applyEvents(shop.billing, (await lent.stripe.events.list({ limit: 100 })).data);
  await letTimePass();
  const shown = () => Promise.all(["customers", "user_subscriptions", "billing.invoices"].map(stripeColumns));
  const before = await shown();
  await sweep();
  expect(await shown()).toEqual(before);
  expect(before.map((rows) => rows.length)).toEqual([3, 3, 3]);
  expect(await drift()).toEqual([]);
  await letTimePass();
  const audit = await auditAccount(shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  expect(audit.objects.filter(({ differing }) => differing.length > 0)).toEqual([]);
  expect(audit.objects.find(({ object }) => object === "customer")).toMatchObject({ objects: 3, equal: 3 });
});
