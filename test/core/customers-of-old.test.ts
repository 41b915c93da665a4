import { openCheckout } from "@turnpike/core/checkout";
import { findPayersCustomers, getBuyer } from "@turnpike/core/customer";
import { openPortal } from "@turnpike/core/portal";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { SITE } from "../parts/lambda.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";
import type { Shop } from "../parts/shop.ts";

const account = eachWithAccount();
let plan: string;
let other: string;
beforeEach(async () => {
  plan = (await account.shop.sell("monthly")).id;
  other = (await account.shop.sell("monthly")).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;

/** From now on customers bear their owners under these names too. */
async function setKeys(keys: { users?: string[]; organizations?: string[] }) {
  await account.supabase.query(
    "update billing.settings set user_metadata_keys = $1, organization_metadata_keys = $2 where only_row",
    [
      ["user_id", ...(keys.users ?? [])],
      ["organization_id", ...(keys.organizations ?? [])],
    ],
  );
}
beforeEach(() => {
  onTestFinished(() => setKeys({}));
});

/** A customer at Stripe who subscribed years ago, and whom no row shows. */
const addSubscriber = async (params: { email?: string; metadata?: Record<string, string> }) =>
  (await account.addSubscriber({ price: plan, ...params })).customer;

/** Everything that a second sale would leave at Stripe. */
async function countSales() {
  const [customers, sessions] = await Promise.all([
    account.stripe.customers.list({ limit: 100 }),
    account.lent.asked("POST /v1/checkout/sessions"),
  ]);
  return { customers: customers.data.length, sessions: sessions.length };
}

async function expectPortalOf(customer: string, user: User, organizationId?: string) {
  const before = await countSales();
  const url = await openCheckout(account.shop.billing, user, account.shop.purchase(other, { organizationId }));
  expect(url).toContain("/p/session/");
  expect((await account.lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(customer);
  expect(await countSales()).toEqual(before);
}

/** Organisations that this user manages. */
async function manageAll() {
  const [row] = await account.supabase.query<{ body: string }>(
    "select pg_get_functiondef('billing.organizations_of(uuid)'::regprocedure) as body",
  );
  onTestFinished(async () => {
    await account.supabase.query(row?.body ?? "");
  });
  await account.supabase.query(`
    create or replace function billing.organizations_of(user_id uuid)
    returns table (organization_id text, manages_billing boolean)
    language sql stable set search_path = '' as $$ values ('the "A" team''s', true), ('another', true) $$`);
}

describe("before all customers have been read, a subscriber of old is led to the portal of the customer who pays", () => {
  beforeEach(() => setKeys({ users: ["supabaseUUID"], organizations: ["team"] }));

  it("who bears the user's id under a key of the system that was here before", async () => {
    const user = await account.shop.newUser();
    const customer = await addSubscriber({ email: "billing@example.com", metadata: { supabaseUUID: user.id } });
    await account.past.growOld();
    await expectPortalOf(customer, user);
    const owned = await account.supabase.query("select id, owned_by from customers where user_id = $1", [user.id]);
    expect(owned).toEqual([{ id: customer, owned_by: "metadata" }]);
  });

  it("who bears an organisation's id, whatever is in it", async () => {
    await manageAll();
    const user = await account.shop.newUser();
    const customer = await addSubscriber({ metadata: { team: `the "A" team's` } });
    await account.past.growOld();
    await expectPortalOf(customer, user, `the "A" team's`);
    expect(
      await openCheckout(account.shop.billing, user, account.shop.purchase(other, { organizationId: "another" })),
    ).toContain("/c/pay/");
  });

  it("who was a guest with the user's confirmed address, in whatever case it was written", async () => {
    const [ada, grace] = [await account.shop.newUser(), await account.shop.newUser()];
    const asWritten = await addSubscriber({ email: ada.email });
    const shouted = await addSubscriber({ email: grace.email.toUpperCase() });
    await account.past.growOld();
    await expectPortalOf(asWritten, ada);
    await expectPortalOf(shouted, grace);
  });

  it("and so are those who only want to manage it", async () => {
    const user = await account.shop.newUser();
    const customer = await addSubscriber({ metadata: { supabaseUUID: user.id } });
    expect(await openPortal(account.shop.billing, user, { returnUrl: SITE })).toContain("/p/session/");
    expect((await account.lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(customer);
  });
});

/** What a sale asks of Stripe's search, and what it comes to. */
async function findWith(obstacle: Obstacle, user: User) {
  const { stripe, requests } = await standBefore(account.lent, obstacle);
  const clients = { ...account.shop.billing, stripe };
  const buyer = await getBuyer(account.supabase.client, user);
  const found = findPayersCustomers(clients, { userId: user.id }, buyer);
  const searches = () => requests.filter((request) => request.includes("/search"));
  return { clients, found, searches };
}
const refuse =
  (status: number, error: object): Obstacle =>
  ({ url }, response) => {
    if (!url?.includes("/search")) return;
    response.writeHead(status, { "content-type": "application/json", "stripe-should-retry": "false" });
    response.end(JSON.stringify({ error }));
  };

describe("Stripe's search", () => {
  it("is asked once while customers may be unread, and no more once all are read", async () => {
    const user = await account.shop.newUser();
    const before = await findWith(() => {}, user);
    expect(await before.found).toEqual({ own: [], named: [] });
    expect(before.searches()).toHaveLength(1);
    await account.shop.completeMirror();
    const after = await findWith(() => {}, user);
    expect(await after.found).toEqual({ own: [], named: [] });
    expect(after.searches()).toEqual([]);
  });

  it.each([
    ["where there is none (India)", 400, { type: "invalid_request_error", message: "Search is not available." }],
    ["that the key may not use", 403, { type: "invalid_request_error", message: "Not permitted." }],
    ["that was asked too often", 429, { type: "invalid_request_error", code: "rate_limit", message: "Too many" }],
  ])("%s sells nothing until all customers are read", async (_, status, error) => {
    const user = await account.shop.newUser();
    const before = await countSales();
    const { clients, found } = await findWith(refuse(status, error), user);
    await expect(found).rejects.toMatchObject({
      name: "BillingError",
      code: "account_being_read",
      message: expect.stringContaining("try again in a few minutes"),
      reason: expect.stringContaining("npx billing sync"),
    });
    const buy = () => openCheckout(clients, user, account.shop.purchase(plan));
    await expect(buy()).rejects.toMatchObject({ code: "account_being_read" });
    expect(await countSales()).toEqual(before);
    await account.shop.completeMirror();
    expect(await buy()).toContain("/c/pay/");
  });

  it("is not believed about what a customer is: it may be a minute behind", async () => {
    const user = await account.shop.newUser();
    const { id } = await account.stripe.customers.create({ name: "Now", metadata: { user_id: user.id } });
    const stale = { id, object: "customer", name: "Before", created: 1, metadata: {} };
    const { found } = await findWith(({ url }, response) => {
      if (!url?.includes("/search")) return;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ object: "search_result", has_more: false, next_page: null, data: [stale] }));
    }, user);
    expect(await found).toEqual({ own: [id], named: [] });
    expect(await account.supabase.query("select name from customers where id = $1", [id])).toEqual([{ name: "Now" }]);
  });

  it("takes ten clauses at the most: more keys are asked for in more queries", async () => {
    const user = await account.shop.newUser();
    await setKeys({ users: Array.from({ length: 11 }, (_, n) => `key ${n}`) });
    const customer = await addSubscriber({ metadata: { "key 10": user.id } });
    const { found, searches } = await findWith(() => {}, user);
    expect(await found).toEqual({ own: [customer], named: [] });
    expect(searches()).toHaveLength(2);
  });
});

describe("keys that are set after customers were read", () => {
  const isComplete = () => account.reading.isComplete(["customer"]);

  it("sell nothing twice: the copy is incomplete until they have been read again", async () => {
    const user = await account.shop.newUser();
    const customer = await addSubscriber({ metadata: { supabaseUUID: user.id } });
    await account.past.growOld();
    expect(await account.reading.sync()).toMatchObject({ state: "done" });
    expect(await isComplete()).toBe(true);
    await setKeys({ users: ["supabaseUUID"] });
    expect(await isComplete()).toBe(false);
    await expectPortalOf(customer, user);
    expect(await account.reading.sync()).toMatchObject({ state: "done" });
    expect(await isComplete()).toBe(true);
  });

  it("begin a reading anew with the customers when it is on its way", async () => {
    const user = await account.shop.newUser();
    const customer = await addSubscriber({ metadata: { supabaseUUID: user.id } });
    await account.past.growOld();
    await account.reading.begin();
    await account.supabase.query("update billing.sync_ranges set done_at = now(), read = 1 where object = 'customer'");
    await setKeys({ users: ["supabaseUUID"] });
    expect(await account.reading.sync()).toMatchObject({ state: "done" });
    const owned = await account.supabase.query("select id from customers where user_id = $1", [user.id]);
    expect(owned).toEqual([{ id: customer }]);
  });

  it("are the only change of the settings that does so", async () => {
    await account.shop.completeMirror();
    await account.supabase.query("update billing.settings set past_due_grace_days = 3");
    await setKeys({});
    expect(await isComplete()).toBe(true);
    await account.supabase.query("update billing.settings set past_due_grace_days = null");
  });
});
