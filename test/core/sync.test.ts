import { beginReading, getCompleteness, getProgress, workReading } from "@turnpike/core/sync";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createPast } from "../parts/past.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let past: ReturnType<typeof createPast>;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  past = createPast(lent);
});

const FAST = { purpose: "sync", perSecond: 2000, perEndpoint: 500 } as const;
const begin = () => beginReading(shop.billing, { purpose: "sync", requestedBy: "a test" });
async function sync(changed: Partial<Parameters<typeof workReading>[1]> = {}) {
  await begin();
  return workReading(shop.billing, { ...FAST, ...changed });
}
const count = async (table: string) =>
  (await supabase.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n;
const isComplete = async (kinds?: string[]) =>
  (await supabase.client.rpc("mirror_is_complete", kinds ? { kinds } : {})).data;

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
    expect([await access(), await isComplete()]).toEqual([false, false]);
    expect(await sync()).toMatchObject({ state: "done", failed: 0, errors: [] });
    expect([await access(), await isComplete()]).toEqual([true, true]);
    expect(await count("user_subscriptions where grants_access")).toBe(12);
    expect(await count("customers where as_of > '-infinity'")).toBe(12);
    expect(await count("billing.invoices where status = 'paid'")).toBe(12);
    expect(await count("billing.invoice_payments")).toBe(12);
    expect(await count("billing.payment_intents where status = 'succeeded'")).toBe(12);
    expect(await count("billing.charges")).toBe(12);
    expect(await count("payment_methods")).toBe(12);
    const progress = await getProgress(supabase.client);
    expect(progress?.finishedAt).not.toBeNull();
    const { complete, objects } = await getCompleteness(supabase.client);
    expect(complete).toBe(true);
    expect(objects.find(({ object }) => object === "subscription")).toMatchObject({ objects: 12, differing: 0 });
  });
});

it("ranges of one kind are read side by side, each object once", async () => {
  const { id } = await lent.stripe.customers.create({});
  await past.multiply(id, 1499);
  await past.growOld();
  expect(await sync()).toMatchObject({ state: "done" });
  expect(await count("customers")).toBe(1500);
  const progress = await getProgress(supabase.client);
  const customers = progress?.kinds.find(({ object }) => object === "customer");
  expect(customers).toMatchObject({ read: 1500, rangesOpen: 0 });
  expect(customers?.rangesDone).toBeGreaterThan(2);
});
