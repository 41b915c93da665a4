import { applyEvents } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import { auditAccount, beginReading, keepReading } from "@turnpike/core/sync";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { lendOtherAccount, refuseForNow, standBefore, standBeforeSupabase } from "../parts/proxy.ts";

const account = eachWithAccount();
beforeEach(async () => {
  const { id: price } = await account.shop.sell("monthly");
  const user = await account.shop.newUser();
  for (let n = 0; n < 2; n++) await account.addSubscriber({ price, metadata: { user_id: user.id } });
  await account.past.growOld();
  await account.reading.sync();
  await account.letTimePass();
});

async function sweep() {
  for (;;) {
    const { worked } = await keepReading(account.shop.billing, performance.now() + 50_000, () => {});
    expect(worked.errors).toEqual([]);
    if (worked.state === "done" || worked.state === "none") return;
  }
}

const drift = () =>
  account.supabase.query<{ object: string; object_id: string; kind: string; columns: string[] }>(
    "select object, object_id, kind, columns from billing.drift order by id",
  );
const stripeColumns = (table: string) =>
  account.supabase.query(
    `select to_jsonb(t) - '{as_of,fetched,rank}'::text[] as row from ${table} t where not deleted order by id`,
  );
const minutesLater = async () => {
  await account.supabase.query("update billing.drift set found_at = found_at - interval '11 minutes'");
  return (await account.supabase.client.rpc("count_drift")).data;
};
/** What the operator is told of drift. */
async function readMails() {
  await account.supabase.query("delete from billing.outbox where kind <> 'drift'");
  return account.relay.run();
}

/** What somebody does to rows by hand, and as what it is found. */
const PLANTED = [
  {
    plant: "update billing.invoices set amount_paid = 1 where id = (select min(id) from billing.invoices) returning id",
    found: { object: "invoice", kind: "differs", columns: ["amount_paid"] },
  },
  {
    plant: "delete from user_subscriptions where id = (select min(id) from user_subscriptions) returning id",
    found: { object: "subscription", kind: "missing", columns: [] },
  },
  {
    plant: `insert into user_subscriptions (id, customer_id, status, items, currency, cancel_at_period_end, paused, metadata, created_at, as_of)
      select 'sub_invented', customer_id, status, items, currency, false, false, metadata, created_at, as_of from user_subscriptions limit 1
      returning id`,
    found: { object: "subscription", kind: "extra", columns: [] },
  },
  {
    plant: `insert into user_subscriptions (id, customer_id, status, items, currency, cancel_at_period_end, paused, metadata, created_at)
      select 'sub_by_hand', customer_id, status, items, currency, false, false, metadata, created_at from user_subscriptions limit 1
      returning id`,
    found: { object: "subscription", kind: "extra", columns: [] },
  },
  {
    plant:
      "update billing.charges set payment_intent_id = null where id = (select min(id) from billing.charges) returning id",
    found: { object: "charge", kind: "differs", columns: ["payment_intent_id"] },
  },
  {
    plant:
      "update customers set user_id = null, owned_by = null where id = (select min(id) from customers) returning id",
    found: { object: "customer", kind: "differs", columns: ["owner"] },
  },
];

it("a row edited, deleted, added, made as of never, a null and a lost owner are found and mended by one sweep, and counted when no event explains them", async () => {
  const rows = () =>
    Promise.all(["billing.invoices", "user_subscriptions", "billing.charges", "customers"].map(stripeColumns));
  const before = await rows();
  const expected: object[] = [];
  for (const { plant, found } of PLANTED) {
    const [planted] = await account.supabase.query<{ id: string }>(plant);
    expected.push({ object_id: planted?.id, ...found });
  }
  const after = await rows();
  for (const [n, was] of before.entries()) expect(after[n]).not.toEqual(was);
  await sweep();
  expect(await rows()).toEqual(before);
  const found = await drift();
  expect(found).toHaveLength(expected.length);
  expect(found).toEqual(expect.arrayContaining(expected));

  const counted = await minutesLater();
  const kinds = PLANTED.map(({ found }) => ({ ...found, drifted: found.kind === "extra" ? 2 : 1 }));
  expect(counted).toHaveLength(5);
  expect(counted).toEqual(expect.arrayContaining(kinds));
  expect(await minutesLater()).toEqual([]);
  const mails = await readMails();
  expect(mails).toMatchObject([{ subject: "The mirror had drifted from Stripe" }]);
  const told = mails[0]?.lines.join("\n");
  for (const { object, object_id } of found) {
    expect(told).toContain(`${object}: ${object === "subscription" ? 3 : 1} `);
    expect(told).toContain(object_id);
  }
});

it("an event that was never made is found; one that was merely late explains, an older one does not", async () => {
  const [unsaid, late] = await account.supabase.query<{ id: string }>("select id from customers order by id");
  await account.stripe.customers.update(unsaid?.id ?? "", { name: "Unsaid" });
  await account.stripe.customers.update(late?.id ?? "", { name: "Late" });
  await sweep();
  expect(await account.supabase.query("select name from customers order by id")).toEqual([
    { name: "Unsaid" },
    { name: "Late" },
  ]);
  const { data: events } = await account.stripe.events.list({ type: "customer.updated" });
  const ofLate = events.filter(({ data }) => (data.object as { id: string }).id === late?.id);
  // One of what the row had shown before, and that comes now, says nothing of it.
  const before = events.map((event) => ({ ...event, id: `${event.id}_before`, created: event.created - 7200 }));
  await applyEvents(account.shop.billing, [...before, ...ofLate]);
  expect(await minutesLater()).toEqual([{ object: "customer", kind: "differs", columns: ["name"], drifted: 1 }]);
  expect(await account.supabase.query("select object_id from billing.drift where explained_at is not null")).toEqual([
    { object_id: late?.id },
  ]);
});

it("a user who comes after the customer that names them has it from the next sweep on, and nothing had drifted", async () => {
  const user_id = crypto.randomUUID();
  const { id } = await account.stripe.customers.create({ metadata: { user_id } });
  await sweep();
  await account.letTimePass();
  await account.supabase.query("delete from billing.drift");
  await account.supabase.query("insert into auth.users (id, email) values ($1, 'late@example.com')", [user_id]);
  await account.supabase.query("update billing.sync_runs set started_at = started_at - interval '16 minutes'");
  await sweep();
  expect(await account.supabase.query("select user_id, owned_by from customers where id = $1", [id])).toEqual([
    { user_id, owned_by: "metadata" },
  ]);
  expect(await drift()).toEqual([]);
});

it("a state of which Stripe sends no event is brought in, and is no drift", async () => {
  const [price] = await account.supabase.query<{ id: string }>("select id from prices");
  const open = await account.stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: price?.id ?? "", quantity: 1 }],
    success_url: "https://example.com/success",
  });
  await sweep();
  expect(await account.supabase.query("select id, status from checkout_sessions")).toEqual([
    { id: open.id, status: "open" },
  ]);
  expect(await drift()).toEqual([]);
});

it("a customer who never had a feature is no drift, and one who lost all of them unsaid is", async () => {
  await account.stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
  const [{ id: lost = "" } = {}] = await account.supabase.query<{ id: string }>("select id from customers order by id");
  await account.supabase.query(
    "insert into entitlements (id, customer_id, lookup_keys, as_of) values ($1, $1, '{reports}', now() - interval '1 hour')",
    [lost],
  );
  await account.stripe.customers.create({});
  await sweep();
  const found = await account.supabase.query("select object_id, kind from billing.drift where object = 'entitlements'");
  expect(found).toEqual([{ object_id: lost, kind: "differs" }]);
  expect(await account.supabase.query("select lookup_keys from entitlements")).toEqual(
    Array.from({ length: 3 }, () => ({ lookup_keys: [] })),
  );
});

it("where nothing differs nothing is found, and both sides come to one digest; what was only read is not said to be equal", async () => {
  const invoicesOf = async () =>
    (await account.reading.completeness()).objects.find(({ object }) => object === "invoice");
  expect(await invoicesOf()).toMatchObject({ objects: 2, comparedAsOf: null, compared: 0, equal: 0 });
  await sweep();
  const compared = { objects: 2, comparedAsOf: expect.any(String), compared: 2, equal: 2 };
  expect(await invoicesOf()).toMatchObject(compared);
  // Nor what is read once more, until it is compared.
  const { comparedAsOf } = (await invoicesOf()) ?? {};
  await account.reading.sync();
  expect(await invoicesOf()).toMatchObject({ ...compared, comparedAsOf });
  expect(await drift()).toEqual([]);
  const [invoices] = await account.supabase.query<{ stripe_digest: string }>(
    "select objects::int, differing::int, stripe_digest, mirror_digest from billing.completeness where object = 'invoice'",
  );
  expect(invoices).toMatchObject({ objects: 2, differing: 0, mirror_digest: invoices?.stripe_digest });
  expect(invoices?.stripe_digest).not.toMatch(/^0*$/);
});

it("asks about nothing by itself that a page has shown", async () => {
  const shown = async () =>
    (await account.supabase.query<{ id: string }>("select id from customers")).map(({ id }) => id);
  const asked = async () =>
    (await Promise.all((await shown()).map((id) => account.lent.asked(`GET /v1/customers/${id}`)))).flat();
  const before = await asked();
  await sweep();
  expect(await shown()).toHaveLength(2);
  expect(await asked()).toEqual(before);
});

it("a page that is read again, since nobody noted that it had been read, counts once", async () => {
  const digests = () =>
    account.supabase.query<{ mirror_digest: string }>(
      "select object, objects::int, differing::int, stripe_digest, mirror_digest from billing.completeness order by object",
    );
  await sweep();
  const once = await digests();
  await account.supabase.query("update billing.sync_runs set started_at = started_at - interval '1 hour'");
  const forgetful = await standBeforeSupabase(account.supabase, ({ url }, response) => {
    if (url === "/rest/v1/rpc/advance_sync_range") response.destroy();
  });
  const clients = { ...account.shop.billing, supabase: forgetful.supabase };
  expect(await keepReading(clients, performance.now() + 50_000, () => {})).toMatchObject({
    worked: { state: "waiting" },
  });
  const compared = await account.supabase.query("select from billing.compared_pages where mirror_digest !~ '^0*$'");
  expect(compared.length).toBeGreaterThan(0);
  await account.reading.waitForRetry();
  await sweep();
  expect(await digests()).toEqual(once);
});

it("killed after it compared and before it wrote, it is followed by one that mends and counts the same once", async () => {
  const before = await stripeColumns("billing.invoices");
  await account.supabase.query(
    "update billing.invoices set amount_paid = 1 where id = (select min(id) from billing.invoices)",
  );
  let dead = false;
  const dying = await standBeforeSupabase(account.supabase, ({ url }, response) => {
    if (dead) response.destroy();
    dead ||= url === "/rest/v1/rpc/record_drift";
  });
  const clients = { ...account.shop.billing, supabase: dying.supabase };
  await expect(keepReading(clients, performance.now() + 50_000, () => {})).rejects.toThrow();
  expect(await stripeColumns("billing.invoices")).not.toEqual(before);
  expect(await drift()).toMatchObject([{ object: "invoice", columns: ["amount_paid"] }]);
  await account.reading.forgetWorker();
  await sweep();
  expect(await stripeColumns("billing.invoices")).toEqual(before);
  expect(await minutesLater()).toEqual([{ object: "invoice", kind: "differs", columns: ["amount_paid"], drifted: 1 }]);
});

it("what is on a test clock, which Stripe's lists leave out, is asked for one by one and stays", async () => {
  const [price] = await account.supabase.query<{ id: string }>("select id from prices");
  const clock = await account.stripe.testHelpers.testClocks.create({ frozen_time: Math.floor(Date.now() / 1000) });
  const { customer } = await account.addSubscriber({ price: price?.id ?? "", test_clock: clock.id });
  expect((await account.stripe.customers.list()).data.map(({ id }) => id)).not.toContain(customer);
  await applyEvents(account.shop.billing, (await account.stripe.events.list({ limit: 100 })).data);
  await account.letTimePass();
  const shown = () => Promise.all(["customers", "user_subscriptions", "billing.invoices"].map(stripeColumns));
  const before = await shown();
  await sweep();
  expect(await shown()).toEqual(before);
  expect(before.map((rows) => rows.length)).toEqual([3, 3, 3]);
  expect(await drift()).toEqual([]);
  await account.letTimePass();
  const audit = await auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  expect(audit.objects.filter(({ differing }) => differing.length > 0)).toEqual([]);
  expect(audit.objects.find(({ object }) => object === "customer")).toMatchObject({ objects: 3, equal: 3 });
});

it("a key of another account goes on with none: nothing is found to differ, to be gone, or to be compared", async () => {
  // One row is missing, and one that is not Stripe's would be asked for at the end.
  await account.supabase.query("delete from user_subscriptions where id = (select min(id) from user_subscriptions)");
  await account.supabase.query(PLANTED[2]?.plant ?? "");
  await beginReading(account.shop.billing, { purpose: "sweep", requestedBy: "a test" });
  const { apiBase } = await standBefore(account.lent, ({ url }, response) => {
    if (url === "/v1/account") response.end('{"id":"acct_other"}');
  });
  const others = [createStripe({ secretKey: "sk_test_other", apiBase }), await lendOtherAccount(account.lent)];
  const areRefused = async () => {
    for (const stripe of others)
      await expect(
        keepReading({ ...account.shop.billing, stripe }, performance.now() + 50_000, () => {}),
      ).rejects.toMatchObject({ code: "other_stripe_account" });
    expect(await drift()).toEqual([]);
  };
  await areRefused();
  expect(
    await account.reading.count(
      "billing.sync_runs join billing.sync_ranges r on r.run_id = sync_runs.id where purpose = 'sweep' and r.token is not null",
    ),
  ).toBe(0);
  expect(await account.reading.work({ purpose: "sweep" })).toMatchObject({ state: "done" });
  await account.supabase.query("delete from billing.drift");
  await areRefused();
  await sweep();
  expect(await drift()).toMatchObject([{ object_id: "sub_invented", kind: "extra" }]);
});

it("a row that Stripe is asked for too fast is not taken for looked at: the next turn asks for it again", async () => {
  await account.supabase.query(
    `insert into billing.charges select (jsonb_populate_record(c, '{"id": "ch_1nvented"}')).* from billing.charges c limit 1`,
  );
  let isBusy = true;
  const { stripe } = await standBefore(account.lent, ({ url = "" }, response) => {
    if (isBusy && url.startsWith("/v1/charges/ch_1nvented")) refuseForNow(response);
  });
  const turn = () => keepReading({ ...account.shop.billing, stripe }, performance.now() + 4_000, () => {});
  const refused = async () => {
    for (;;) await turn();
  };
  await expect(refused()).rejects.toMatchObject({ code: "rate_limit" });
  isBusy = false;
  while ((await turn()).worked.state !== "done");
  expect(await drift()).toMatchObject([{ object_id: "ch_1nvented", kind: "extra" }]);
}, 120_000);

it("a row whose deletion Postgres refuses is told of by each sweep: it is not mended", async () => {
  await account.supabase.query(
    `insert into billing.charges select (jsonb_populate_record(c, '{"id": "ch_1nvented"}')).* from billing.charges c limit 1`,
  );
  await account.supabase.query(
    "alter table billing.charges add constraint kept check (id <> 'ch_1nvented' or not deleted)",
  );
  onTestFinished(async () => {
    await account.supabase.query("alter table billing.charges drop constraint kept");
  });
  const errors: unknown[] = [];
  for (let state = ""; state !== "done"; ) {
    const { worked } = await keepReading(account.shop.billing, performance.now() + 50_000, () => {});
    errors.push(...worked.errors);
    state = worked.state;
  }
  expect(errors).toMatchObject([{ message: expect.stringMatching(/^charge ch_1nvented: .*Postgres refused it/) }]);
});
