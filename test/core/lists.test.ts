import { estimateReading } from "@turnpike/core/sync";
import { beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createPast } from "../parts/past.ts";
import { forbid, standBefore } from "../parts/proxy.ts";
import { createReading } from "../parts/reading.ts";
import { createShop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

/** How Stripe was asked for such a list, page by page. */
const asked = async (path: string) =>
  (await lent.asked(`GET /v1/${path}`)).map(({ params: { limit: _, ...others } }) => others);

it("each kind is counted before it is read: what one list of the account shows exactly, where it is short", async () => {
  const { kinds } = await estimateReading(lent.stripe, { perSecond: 100, perEndpoint: 100 });
  expect(Object.fromEntries(kinds.map(({ object, isExact }) => [object, isExact]))).toEqual({
    product: true,
    price: true,
    customer: true,
    subscription: true,
    subscription_schedule: true,
    checkout_session: true,
    invoice: true,
    invoice_payment: true,
    credit_note: true,
    payment_intent: true,
    charge: true,
    refund: true,
    dispute: true,
    early_fraud_warning: true,
    entitlements: true, // there are no features
    payment_method: false, // as many as there are customers, it is guessed
  });
});

it("a kind that the key may not list is said to be so, and the others are counted", async () => {
  await lent.stripe.customers.create({});
  const { stripe } = await standBefore(lent, ({ url = "" }, response) => {
    if (url.startsWith("/v1/disputes")) forbid(response, "acct_1", "rak_dispute_read");
  });
  const { kinds } = await estimateReading(stripe, { perSecond: 100, perEndpoint: 100 });
  expect(kinds).toHaveLength(16);
  expect(kinds.filter(({ unread }) => unread).map(({ object }) => object)).toEqual(["dispute"]);
  expect(kinds.find(({ object }) => object === "customer")).toMatchObject({ objects: 1, isExact: true });
});

it("all of an account is read, of each kind one list where Stripe has one", async () => {
  await createReading(supabase, lent).sync();
  const kinds = [
    "products",
    "customers",
    "subscription_schedules",
    "invoices",
    "invoice_payments",
    "credit_notes",
    "payment_intents",
    "charges",
    "refunds",
    "disputes",
    "radar/early_fraud_warnings",
  ];
  for (const kind of kinds) expect(await asked(kind), kind).toEqual([{}]);
  // With what each costs in other currencies, which nothing else says.
  expect(await asked("prices")).toEqual([{ "expand[0]": "data.currency_options" }]);
  // Those that have ended too.
  expect(await asked("subscriptions")).toEqual([{ status: "all" }]);
  // With what tells a delayed payment that failed from one under way.
  expect(await asked("checkout/sessions")).toEqual([
    { "expand[0]": "data.payment_intent", "expand[1]": "data.subscription" },
  ]);
});

describe("what Stripe lists for one customer at a time", () => {
  it("is read of each, and is in the mirror", async () => {
    const { id: price, product } = await createShop(supabase, lent).sell("monthly");
    const feature = await lent.stripe.entitlements.features.create({ lookup_key: "reports", name: "Reports" });
    await lent.stripe.products.createFeature(product, { entitlement_feature: feature.id });
    const [customer] = await createPast(lent).customers(1);
    const { id = "" } = customer ?? {};
    await lent.stripe.subscriptions.create({ customer: id, items: [{ price }] });
    const reading = createReading(supabase, lent);
    await reading.sync();
    expect(await asked("payment_methods")).toEqual([{ customer: id }]);
    expect(await asked("entitlements/active_entitlements")).toEqual([{ customer: id }]);
    expect(await reading.count("payment_methods where brand = 'visa'")).toBe(1);
    expect(await supabase.query("select customer_id, lookup_keys from entitlements")).toEqual([
      { customer_id: id, lookup_keys: ["reports"] },
    ]);
  });

  it("is not asked for where the account has none of it, which one feature alone would tell", async () => {
    await createPast(lent).customers(1);
    await createReading(supabase, lent).sync();
    expect(await asked("entitlements/active_entitlements")).toEqual([]);
    expect((await lent.asked("GET /v1/entitlements/features")).map(({ params }) => params)).toEqual([{ limit: "1" }]);
  });
});
