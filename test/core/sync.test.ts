import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createPast } from "../parts/past.ts";
import { standBefore } from "../parts/proxy.ts";
import { createReading } from "../parts/reading.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let past: ReturnType<typeof createPast>;
let reading: ReturnType<typeof createReading>;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  past = createPast(lent);
  reading = createReading(supabase, lent);
});

/** So many customers, over the years. */
async function customers(count: number): Promise<void> {
  const { id } = await lent.stripe.customers.create({});
  await past.multiply(id, count - 1);
  await past.growOld();
}

describe("an account whose events are too old to be listed", () => {
  it("gives every subscriber access once it is read", async () => {
    const { id: price } = await shop.sell("monthly");
    const user = await shop.newUser();
    const payers = await past.customers(12);
    await lent.stripe.customers.update(payers[0]?.id ?? "", { metadata: { user_id: user.id } });
    for (const { id } of payers) await lent.stripe.subscriptions.create({ customer: id, items: [{ price }] });
    await past.growOld();
    expect((await lent.stripe.events.list()).data).toEqual([]);
    const access = async () => (await supabase.client.rpc("user_has_active_subscription", { user_id: user.id })).data;
    expect([await access(), await reading.isComplete()]).toEqual([false, false]);
    expect(await reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect([await access(), await reading.isComplete()]).toEqual([true, true]);
    const { count } = reading;
    expect(await count("user_subscriptions where grants_access")).toBe(12);
    expect(await count("customers where as_of > '-infinity'")).toBe(12);
    expect(await count("billing.invoices where status = 'paid'")).toBe(12);
    expect(await count("billing.invoice_payments")).toBe(12);
    expect(await count("billing.payment_intents where status = 'succeeded'")).toBe(12);
    expect(await count("billing.charges")).toBe(12);
    expect(await count("payment_history where status = 'paid'")).toBe(12);
    const { complete, objects } = await reading.completeness();
    expect(complete).toBe(true);
    expect(objects.find(({ object }) => object === "subscription")).toMatchObject({ objects: 12, differing: 0 });
  });

  it("shows each customer's cards and features, which Stripe lists for one customer at a time", async () => {
    const { id: price, product } = await shop.sell("monthly");
    const feature = await lent.stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
    await lent.stripe.products.createFeature(product, { entitlement_feature: feature.id });
    const payers = await past.customers(27);
    for (const { id } of payers.slice(-3)) await lent.stripe.subscriptions.create({ customer: id, items: [{ price }] });
    await past.growOld();
    expect(await reading.sync()).toMatchObject({ state: "done", failed: 0 });
    expect(await reading.count("payment_methods")).toBe(27);
    expect(await reading.count("entitlements where lookup_keys = '{reports}'")).toBe(3);
  });

  it("shows a customer's cards while other customers are yet to be read, and is complete when all are", async () => {
    await customers(130);
    const cards = async () => (await reading.completeness()).objects.find(({ object }) => object === "payment_method");
    const asked = async () => (await lent.asked("GET /v1/payment_methods")).length;
    let pages = 0;
    let meanwhile: unknown;
    const { stripe } = await standBefore(lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?") || ++pages !== 2) return;
      // The hundred of the first page are done; for the others one stands open.
      const open = async () => (await reading.progressOf("payment_method"))?.rangesOpen;
      await expect.poll(async () => [await asked(), await open()], { timeout: 10_000 }).toEqual([100, 1]);
      meanwhile = await cards();
    });
    expect(await reading.sync({ stripe })).toMatchObject({ state: "done", errors: [] });
    expect(meanwhile).toMatchObject({ completeAsOf: null });
    expect(await asked()).toBe(130);
    expect(await cards()).toMatchObject({ completeAsOf: expect.any(String) });
  });

  it("costs no request for each customer's features where it has none", async () => {
    await customers(30);
    expect(await reading.sync()).toMatchObject({ state: "done" });
    expect(await lent.asked("GET /v1/entitlements/active_entitlements")).toEqual([]);
    expect(await lent.asked("GET /v1/payment_methods")).toHaveLength(30);
    expect(await reading.isComplete()).toBe(true);
  });

  it("shows a subscription of twelve items with all of them", async () => {
    const prices = await Promise.all(Array.from({ length: 12 }, () => shop.sell("monthly")));
    const [payer] = await past.customers(1);
    const items = prices.map(({ id }) => ({ price: id }));
    await lent.stripe.subscriptions.create({ customer: payer?.id ?? "", items });
    await past.growOld();
    await reading.sync();
    expect(await reading.count("user_subscriptions where jsonb_array_length(items) = 12")).toBe(1);
  });

  it("may hold what a deleted customer had", async () => {
    const { id: price } = await shop.sell("monthly");
    const [gone, there] = await past.customers(2);
    for (const customer of [gone, there])
      await lent.stripe.subscriptions.create({ customer: customer?.id ?? "", items: [{ price }] });
    await lent.stripe.customers.del(gone?.id ?? "");
    await past.growOld();
    expect(await reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await reading.count("user_subscriptions where status = 'canceled'")).toBe(1);
    expect(await reading.count("user_subscriptions where grants_access")).toBe(1);
    expect(await reading.isComplete()).toBe(true);
  });
});

describe("ranges of one kind", () => {
  it("are read side by side, each object once", async () => {
    await customers(1500);
    let open = 0;
    let most = 0;
    const { stripe } = await standBefore(lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?")) return;
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 100));
      open--;
    });
    await reading.syncCustomers(1500, { stripe });
    expect(await reading.count("customers")).toBe(1500);
    expect(await reading.progressOf("customer")).toMatchObject({ read: 1500 });
    expect(most).toBeGreaterThan(2);
    // A page of a hundred each, and a few that were not full.
    expect((await lent.asked("GET /v1/customers")).length).toBeLessThan(1.6 * 15);
  });

  it("are all read before the kind passes for complete", async () => {
    await customers(3);
    await reading.begin();
    await supabase.query(
      `insert into billing.sync_ranges (run_id, object, position, by_customer, not_before)
      select run_id, object, position, false, 'infinity' from billing.sync_ranges where object = 'customer'`,
    );
    expect(await reading.work({ until: performance.now() + 60_000 })).toMatchObject({ state: "waiting" });
    expect(await reading.count("customers")).toBe(3);
    expect(await reading.isComplete(["customer"])).toBe(false);
    await supabase.query("update billing.sync_ranges set not_before = '-infinity'");
    expect(await reading.work()).toMatchObject({ state: "done" });
    expect(await reading.isComplete(["customer"])).toBe(true);
  });

  it("lose nothing of a second in which more was made than a page holds", async () => {
    const { id } = await lent.stripe.customers.create({});
    await past.multiply(id, 349);
    await past.growOld({ years: 0 });
    await reading.syncCustomers(350);
    expect(await reading.count("customers")).toBe(350);
  });

  it("go on when the object where they stopped was deleted", async () => {
    await customers(350);
    const deleted: string[] = [];
    const { stripe } = await standBefore(lent, async ({ url = "" }) => {
      const after = /^\/v1\/customers\?.*starting_after=(\w+)/.exec(url)?.[1];
      if (!after || deleted.length > 0) return;
      deleted.push(after);
      await lent.stripe.customers.del(after);
    });
    expect(await reading.syncCustomers(350, { stripe })).toMatchObject({ errors: [] });
    expect(deleted).toHaveLength(1);
    expect(await reading.count("customers")).toBe(350);
  });
});

describe("an event that comes while its object's page is read", () => {
  async function during(created: number): Promise<string | undefined> {
    const customer = await lent.stripe.customers.create({ name: "In the list" });
    await past.growOld();
    const { stripe } = await standBefore(lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?")) return;
      await shop.apply(event("customer.updated", { ...customer, name: "In the event" }, created));
    });
    expect(await reading.sync({ stripe })).toMatchObject({ state: "done" });
    const [row] = await supabase.query<{ name: string }>("select name from customers where id = $1", [customer.id]);
    return row?.name;
  }

  it("stands when it is newer", async () => {
    expect(await during(Math.floor(Date.now() / 1000) + 60)).toBe("In the event");
  });

  it("gives way when it is older", async () => {
    expect(await during(LONG_AGO)).toBe("In the list");
  });
});
