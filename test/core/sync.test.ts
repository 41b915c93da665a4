import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { eachWithAccount } from "../parts/account.ts";
import { standBefore } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";

const account = eachWithAccount();

describe("an account whose events are too old to be listed", () => {
  it("gives every subscriber access once it is read", async () => {
    const { id: price } = await account.shop.sell("monthly");
    const user = await account.shop.newUser();
    await account.addSubscriber({ price, metadata: { user_id: user.id } });
    for (let n = 1; n < 12; n++) await account.addSubscriber({ price });
    await account.past.growOld();
    expect((await account.stripe.events.list()).data).toEqual([]);
    const access = () => account.hasAccess(user.id);
    expect([await access(), await account.reading.isComplete()]).toEqual([false, false]);
    expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect([await access(), await account.reading.isComplete()]).toEqual([true, true]);
    const { count } = account.reading;
    expect(await count("user_subscriptions where grants_access")).toBe(12);
    expect(await count("customers where as_of > '-infinity'")).toBe(12);
    expect(await count("billing.invoices where status = 'paid'")).toBe(12);
    expect(await count("billing.invoice_payments")).toBe(12);
    expect(await count("billing.payment_intents where status = 'succeeded'")).toBe(12);
    expect(await count("billing.charges")).toBe(12);
    expect(await count("payment_history where status = 'paid'")).toBe(12);
    const { complete, objects } = await account.reading.completeness();
    expect(complete).toBe(true);
    expect(objects.find(({ object }) => object === "subscription")).toMatchObject({ objects: 12, differing: 0 });
  });

  it("shows each customer's cards and features, which Stripe lists for one customer at a time", async () => {
    const { id: price, product } = await account.shop.sell("monthly");
    const feature = await account.stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
    await account.stripe.products.createFeature(product, { entitlement_feature: feature.id });
    const payers = await account.past.customers(27);
    for (const { id } of payers.slice(-3))
      await account.stripe.subscriptions.create({ customer: id, items: [{ price }] });
    await account.past.growOld();
    expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0 });
    expect(await account.reading.count("payment_methods")).toBe(27);
    expect(await account.reading.count("entitlements where lookup_keys = '{reports}'")).toBe(3);
  });

  it("shows a customer's cards while other customers are yet to be read, and is complete when all are", async () => {
    await account.addOldCustomers(130);
    const cards = async () =>
      (await account.reading.completeness()).objects.find(({ object }) => object === "payment_method");
    const asked = async () => (await account.lent.asked("GET /v1/payment_methods")).length;
    let pages = 0;
    let meanwhile: unknown;
    const { stripe } = await standBefore(account.lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?") || ++pages !== 2) return;
      // The hundred of the first page are done; for the others one stands open.
      const open = async () => (await account.reading.progressOf("payment_method"))?.rangesOpen;
      await expect.poll(async () => [await asked(), await open()], { timeout: 10_000 }).toEqual([100, 1]);
      meanwhile = await cards();
    });
    expect(await account.reading.sync({ stripe })).toMatchObject({ state: "done", errors: [] });
    expect(meanwhile).toMatchObject({ completeAsOf: null });
    expect(await asked()).toBe(130);
    expect(await cards()).toMatchObject({ completeAsOf: expect.any(String) });
  });

  it("costs no request for each customer's features where it has none", async () => {
    await account.addOldCustomers(30);
    expect(await account.reading.sync()).toMatchObject({ state: "done" });
    expect(await account.lent.asked("GET /v1/entitlements/active_entitlements")).toEqual([]);
    expect(await account.lent.asked("GET /v1/payment_methods")).toHaveLength(30);
    expect(await account.reading.isComplete()).toBe(true);
  });

  it("shows a subscription of twelve items with all of them", async () => {
    const prices = await Promise.all(Array.from({ length: 12 }, () => account.shop.sell("monthly")));
    const [payer] = await account.past.customers(1);
    const items = prices.map(({ id }) => ({ price: id }));
    await account.stripe.subscriptions.create({ customer: payer?.id ?? "", items });
    await account.past.growOld();
    await account.reading.sync();
    expect(await account.reading.count("user_subscriptions where jsonb_array_length(items) = 12")).toBe(1);
  });

  it("may hold what a deleted customer had", async () => {
    const { id: price } = await account.shop.sell("monthly");
    const [gone, there] = await account.past.customers(2);
    for (const customer of [gone, there])
      await account.stripe.subscriptions.create({ customer: customer?.id ?? "", items: [{ price }] });
    await account.stripe.customers.del(gone?.id ?? "");
    await account.past.growOld();
    expect(await account.reading.sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect(await account.reading.count("user_subscriptions where status = 'canceled'")).toBe(1);
    expect(await account.reading.count("user_subscriptions where grants_access")).toBe(1);
    expect(await account.reading.isComplete()).toBe(true);
  });
});

describe("ranges of one kind", () => {
  /** A Stripe of which the first customer after whom a page is asked for is deleted at that very moment. */
  async function deleteWhereTheyStop() {
    const deleted: string[] = [];
    const { stripe } = await standBefore(account.lent, async ({ url = "" }) => {
      const after = /^\/v1\/customers\?.*starting_after=(\w+)/.exec(url)?.[1];
      if (!after || deleted.length > 0) return;
      deleted.push(after);
      await account.stripe.customers.del(after);
    });
    return { deleted, stripe };
  }

  it("are read side by side, each object once", async () => {
    await account.addOldCustomers(1500);
    let open = 0;
    let most = 0;
    const { stripe } = await standBefore(account.lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?")) return;
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 100));
      open--;
    });
    await account.reading.syncCustomers(1500, { stripe });
    expect(await account.reading.count("customers")).toBe(1500);
    expect(await account.reading.progressOf("customer")).toMatchObject({ read: 1500 });
    expect(most).toBeGreaterThan(2);
    // A page of a hundred each, and a few that were not full.
    expect((await account.lent.asked("GET /v1/customers")).length).toBeLessThan(1.6 * 15);
  });

  it("are all read before the kind passes for complete", async () => {
    await account.addOldCustomers(3);
    await account.reading.begin();
    await account.supabase.query(
      `insert into billing.sync_ranges (run_id, object, position, by_customer, not_before)
      select run_id, object, position, false, 'infinity' from billing.sync_ranges where object = 'customer'`,
    );
    expect(await account.reading.work({ until: performance.now() + 60_000 })).toMatchObject({ state: "waiting" });
    expect(await account.reading.count("customers")).toBe(3);
    expect(await account.reading.isComplete(["customer"])).toBe(false);
    await account.supabase.query("update billing.sync_ranges set not_before = '-infinity'");
    expect(await account.reading.work()).toMatchObject({ state: "done" });
    expect(await account.reading.isComplete(["customer"])).toBe(true);
  });

  it("lose nothing of a second in which more was made than a page holds", async () => {
    const { id } = await account.stripe.customers.create({});
    await account.past.multiply(id, 349);
    await account.past.growOld({ years: 0 });
    await account.reading.syncCustomers(350);
    expect(await account.reading.count("customers")).toBe(350);
  });

  it("go on when the object where they stopped was deleted", async () => {
    await account.addOldCustomers(350);
    const { deleted, stripe } = await deleteWhereTheyStop();
    expect(await account.reading.syncCustomers(350, { stripe })).toMatchObject({ errors: [] });
    expect(deleted).toHaveLength(1);
    expect(await account.reading.count("customers")).toBe(350);
  });

  it("lose nothing of the second of an object where they stopped, and which was deleted", async () => {
    const { id } = await account.lent.stripe.customers.create({});
    await account.past.multiply(id, 129);
    await account.past.growOld({ years: 0 });
    const { deleted, stripe } = await deleteWhereTheyStop();
    expect(await account.reading.sync({ stripe })).toMatchObject({ state: "done", errors: [] });
    expect(deleted).toHaveLength(1);
    expect(await account.reading.count("customers")).toBe(130);
  });
});

describe("an event that comes while its object's page is read", () => {
  async function during(created: number): Promise<string | undefined> {
    const customer = await account.stripe.customers.create({ name: "In the list" });
    await account.past.growOld();
    const { stripe } = await standBefore(account.lent, async ({ url = "" }) => {
      if (!url.startsWith("/v1/customers?")) return;
      await account.shop.apply(event("customer.updated", { ...customer, name: "In the event" }, created));
    });
    expect(await account.reading.sync({ stripe })).toMatchObject({ state: "done" });
    const [row] = await account.supabase.query<{ name: string }>("select name from customers where id = $1", [
      customer.id,
    ]);
    return row?.name;
  }

  it("stands when it is newer", async () => {
    expect(await during(Math.floor(Date.now() / 1000) + 60)).toBe("In the event");
  });

  it("gives way when it is older", async () => {
    expect(await during(LONG_AGO)).toBe("In the list");
  });
});
