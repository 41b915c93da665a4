import { applyOwners, byEmail, inCsv } from "@turnpike/core/owners";
import { auditAccount } from "@turnpike/core/sync";
import type Stripe from "stripe";
import { expect, it } from "vitest";
import { customer, event } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";
import { addUser } from "../parts/people.ts";
import { createSweeping } from "../parts/sweeping.ts";

// Whose something is, undone in the database by hand: a paying user would lose what they have paid for.
const account = eachWithAccount();
const { sweep, drift, countLater } = createSweeping(account);
const query = <Row extends object>(text: string, values: unknown[] = []) => account.supabase.query<Row>(text, values);
const rpc = async (name: "assign_purchase" | "claim_purchase", input: object) =>
  expect((await account.supabase.client.rpc(name as never, input as never)).error).toBeNull();

const NOBODY = "user_id = null, organization_id = null";
const OTHERWISE = "owned_by = case when owned_by = 'email' then 'operator' else 'email' end";
const customers = () => query("select id, user_id, organization_id, owned_by from customers order by id");

interface Person {
  id: string;
  email: string;
}

/** How customers come to their owners: by what they are created with, by a promise before the mirror knows them, or by what is said later. */
const WAYS: {
  way: string;
  created?(user: Person): Stripe.CustomerCreateParams;
  promise?(customerId: string, user: Person): Promise<void>;
  give?(customerId: string, user: Person): Promise<void>;
}[] = [
  { way: "a promise, before the customer came", promise: (customerId, { id }) => give(customerId, "user_id", id) },
  { way: "the operator's CSV", give: (customerId, { id }) => give(customerId, "user_id", id) },
  { way: "a CSV of organisations", give: (customerId) => give(customerId, "organization_id", "org-7") },
  {
    way: "the operator's word of one",
    give: (object_id, { id }) => rpc("assign_purchase", { object_id, user_id: id }),
  },
  { way: "an address that its user had confirmed", created: ({ email }) => ({ email }) },
  {
    way: "an address, by the operator's command",
    give: async (customerId, { id, email }) => {
      await query("update customers set email = $2 where id = $1", [customerId, email]);
      for await (const verdicts of applyOwners(account.supabase.client, byEmail())) {
        expect(verdicts).toMatchObject([{ outcome: "matched", owner: id }]);
      }
      await query("update customers set email = null where id = $1", [customerId]);
    },
  },
  { way: "metadata", created: ({ id }) => ({ metadata: { user_id: id } }) },
];

async function giveByCsv(column: string, owner: string): Promise<void> {
  const { id } = await account.stripe.customers.create({});
  await account.reading.sync();
  await give(id, column, owner);
}

async function give(customerId: string, column: string, owner: string): Promise<void> {
  const source = inCsv(`customer_id,${column}\n${customerId},${owner}`);
  for await (const _ of applyOwners(account.supabase.client, source));
}

it("an owner who is gone, or not the same any more, is found and put back by one sweep, and counted, whichever way they came", {
  timeout: 60_000,
}, async () => {
  const other = await addUser(account.supabase);
  const moved = `organization_id = null, user_id = '${other.id}'`;
  const undone = [`${NOBODY}, owned_by = null`, moved, OTHERWISE];
  const owned: { id: string; user: Person; way: (typeof WAYS)[number]; change: string }[] = [];
  for (const change of undone) {
    for (const way of WAYS) {
      const user = await addUser(account.supabase);
      const { id } = await account.stripe.customers.create(way.created?.(user) ?? {});
      await way.promise?.(id, user);
      owned.push({ id, user, way, change });
    }
  }
  await account.reading.sync();
  for (const { id, user, way } of owned) await way.give?.(id, user);
  await account.letTimePass();
  const before = await customers();
  expect(before).toEqual(owned.map(() => expect.objectContaining({ owned_by: expect.any(String) })));

  for (const { id, change } of owned) await query(`update customers set ${change} where id = $1`, [id]);
  const left = await customers();
  for (const [n, customer] of before.entries()) expect(left[n]).not.toEqual(customer);
  await sweep();
  expect(await customers()).toEqual(before);
  const owner = { object: "customer", kind: "differs", columns: ["owner"] };
  expect(await drift()).toEqual(owned.map(() => expect.objectContaining(owner)));
  expect(await countLater()).toMatchObject([{ columns: ["owner"], drifted: owned.length }]);
});

it("an owner by the operator stays, though the row was made to say that an address alone speaks for them", async () => {
  const [user, other] = [await addUser(account.supabase), await addUser(account.supabase)];
  const { id } = await account.stripe.customers.create({ metadata: { user_id: other.id } });
  await account.reading.sync();
  await rpc("assign_purchase", { object_id: id, user_id: user.id });
  await account.letTimePass();
  await query(`update customers set ${OTHERWISE}`);
  await sweep();
  expect(await customers()).toEqual([{ id, user_id: user.id, organization_id: null, owned_by: "operator" }]);
});

it("whom a purchase names has the use of it again after one sweep, whoever was named by hand; not once they have left", async () => {
  const [user, other] = [await addUser(account.supabase), await addUser(account.supabase)];
  const { id: price } = await account.shop.sell("monthly");
  const { url } = await account.stripe.checkout.sessions.create({
    mode: "subscription",
    client_reference_id: user.id,
    line_items: [{ price, quantity: 1 }],
    success_url: "https://example.com/success",
  });
  await account.shop.pay(url ?? "", { email: "somebody@example.com" });
  await account.reading.sync();
  const access = async () => [await account.hasAccess(user.id), await account.hasAccess(other.id)];
  expect(await access()).toEqual([true, false]);

  for (const named of [null, other.id]) {
    await account.letTimePass();
    await query("update customers set named_user_id = $1", [named]);
    expect(await access()).toEqual([false, named !== null]);
    await sweep();
    expect(await access()).toEqual([true, false]);
    expect(await drift()).toMatchObject([{ object: "customer", kind: "differs", columns: ["owner"] }]);
    await query("delete from billing.drift");
  }
  await account.letTimePass();
  await query("update auth.users set deleted_at = now() where id = $1", [user.id]);
  await sweep();
  expect(await query("select named_user_id from customers")).toEqual([{ named_user_id: null }]);
  expect(await drift()).toEqual([]);
});

it("an audit names it, and writes nothing", async () => {
  await giveByCsv("user_id", (await addUser(account.supabase)).id);
  await account.letTimePass();
  await query(`update customers set ${NOBODY}`);
  const audit = await auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  expect(audit.objects.flatMap(({ differing }) => differing)).toMatchObject([
    { kind: "differs", columns: [{ column: "owner", stripe: "whom it was given to", mirror: "nobody" }] },
  ]);
  expect(await query("select id from customers where user_id is not null")).toEqual([]);
});

it("a customer whose row was deleted comes back with its owner", async () => {
  await giveByCsv("user_id", (await addUser(account.supabase)).id);
  await account.letTimePass();
  const before = await customers();
  await query("delete from customers");
  await sweep();
  expect(await customers()).toEqual(before);
});

it("an event of the customer puts it back, too: no other whom it names becomes the owner", async () => {
  const [user, other] = [await addUser(account.supabase), await addUser(account.supabase)];
  await giveByCsv("user_id", user.id);
  const [{ id = "" } = {}] = await query<{ id: string }>("select id from customers");
  await query(`update customers set ${NOBODY}, owned_by = null`);
  const named = customer({ id, metadata: { user_id: other.id } });
  await account.shop.apply(event("customer.updated", named, Math.floor(Date.now() / 1000)));
  expect(await query("select user_id, owned_by from customers")).toEqual([{ user_id: user.id, owned_by: "operator" }]);
});

it("whoever is given something later has it, and who has left has nothing", async () => {
  const [first, second] = [await addUser(account.supabase), await addUser(account.supabase)];
  await giveByCsv("user_id", first.id);
  const [{ id = "" } = {}] = await query<{ id: string }>("select id from customers");
  await rpc("assign_purchase", { object_id: id, user_id: second.id });
  await sweep();
  expect(await query("select user_id from customers")).toEqual([{ user_id: second.id }]);
  await query("update auth.users set deleted_at = now() where id = $1", [second.id]);
  await sweep();
  expect(await query("select user_id from customers")).toEqual([{ user_id: null }]);
  await rpc("assign_purchase", { object_id: id, user_id: first.id });
  await query("delete from auth.users where id = $1", [first.id]);
  await sweep();
  expect(await query("select user_id from customers")).toEqual([{ user_id: null }]);
  expect(await drift()).toEqual([]);
});

it("that an owner leaves is no drift, though metadata name another, who has it from then on", async () => {
  const [user, other] = [await addUser(account.supabase), await addUser(account.supabase)];
  const { id } = await account.stripe.customers.create({ metadata: { user_id: other.id } });
  await account.reading.sync();
  await rpc("assign_purchase", { object_id: id, user_id: user.id });
  await query("delete from auth.users where id = $1", [user.id]);
  await account.letTimePass();
  await sweep();
  expect(await customers()).toMatchObject([{ id, user_id: other.id, owned_by: "metadata" }]);
  expect(await drift()).toEqual([]);
});

it("a purchase without a customer is, whichever way it came to somebody, theirs again after one sweep, and counted", async () => {
  const ways: ((user: Person, session: string) => Promise<unknown>)[] = [
    ({ id }) => query("update auth.users set email_confirmed_at = now() where id = $1", [id]),
    ({ id }, object_id) => rpc("assign_purchase", { object_id, user_id: id }),
    ({ id }, session_id) => rpc("claim_purchase", { session_id, user_id: id }),
    async () => {}, // its address had been confirmed before
  ];
  const { id: price } = await account.shop.sell("once");
  const bought: { id: string; user: Person; give: (typeof ways)[number] }[] = [];
  for (const [n, give] of ways.entries()) {
    const user = await addUser(account.supabase, { confirmed: n === ways.length - 1 });
    const { url, id } = await account.stripe.checkout.sessions.create({
      mode: "payment",
      customer_creation: "if_required",
      line_items: [{ price, quantity: 1 }],
      success_url: "https://example.com/success",
    });
    await account.shop.pay(url ?? "", { email: user.email });
    bought.push({ id, user, give });
  }
  await account.reading.sync();
  await account.letTimePass();
  for (const { id, user, give } of bought) await give(user, id);
  const owners = async () =>
    new Map(
      (
        await query<{ id: string; owner: string }>(
          "select id, user_id as owner from checkout_sessions where customer_id is null",
        )
      ).map(({ id, owner }) => [id, owner]),
    );
  const theirs = new Map(bought.map(({ id, user }) => [id, user.id]));
  expect(await owners()).toEqual(theirs);
  await query("update checkout_sessions set user_id = null");
  await sweep();
  expect(await owners()).toEqual(theirs);
  const found = await drift();
  expect(new Set(found.map(({ object_id }) => object_id))).toEqual(new Set(theirs.keys()));
  expect(found).toEqual(found.map(() => expect.objectContaining({ object: "checkout_session", columns: ["owner"] })));
});
