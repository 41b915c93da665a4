import { applySetup, defineBilling, type Plan, parseConfig, planSetup } from "@turnpike/core/setup";
import Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { nextSecond } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";

const URL = "https://app.example.com/api/webhooks/stripe";
const TAXED = { currency: "usd", taxBehavior: "exclusive" } as const;
const CONFIG = defineBilling({
  products: [
    {
      key: "pro",
      name: "Pro",
      description: "For teams that ship.",
      features: ["Unlimited projects", "Audit log"],
      group: "plans",
      prices: [
        { ...TAXED, lookupKey: "pro_monthly", amount: 2900, interval: "month", trialDays: 14 },
        { ...TAXED, lookupKey: "pro_yearly", amount: 29_000, interval: "year" },
      ],
    },
    { key: "credits", name: "Credits", prices: [{ lookupKey: "credits_1000", amount: 4900, currency: "usd" }] },
  ],
});

let supabase: LentSupabase;
let lent: LentStripe;
let clients: { stripe: LentStripe["stripe"]; supabase: LentSupabase["client"] };
let secrets: string[];
beforeEach(async () => {
  supabase = await lendSupabase();
  lent = await lendStripe();
  clients = { stripe: lent.stripe, supabase: supabase.client };
  secrets = [];
});

const plan = (config: object = CONFIG, wish: object = {}) =>
  planSetup(clients, { config: parseConfig(config), webhookUrl: URL, ...wish });
const apply = (planned: Plan) =>
  applySetup(clients, planned, { keepWebhookSecret: async (secret) => void secrets.push(secret), onDone: () => {} });
const run = async (config: object = CONFIG, wish: object = {}) => {
  const planned = await plan(config, wish);
  await apply(planned);
  return said(planned);
};
const said = ({ steps }: Plan) => steps.map(({ does, what, name }) => `${does} ${what} ${name}`);
const priceOf = async (lookupKey: string) => (await lent.stripe.prices.list({ lookup_keys: [lookupKey] })).data[0];

/** The same file with one price otherwise. */
const withPrice = (lookupKey: string, fields: object) => ({
  products: CONFIG.products.map((product) => ({
    ...product,
    prices: product.prices.map((price) => (price.lookupKey === lookupKey ? { ...price, ...fields } : price)),
  })),
});

describe("what the file says", () => {
  it("is made at Stripe and in the mirror, and a second run has nothing to do", async () => {
    expect(await run()).toEqual([
      "create product pro",
      "create price pro_monthly",
      "create price pro_yearly",
      "create product credits",
      "create price credits_1000",
      "change portal the customer portal",
      "create portal the confirmation of another quantity",
      `create webhook endpoint ${URL}`,
    ]);
    expect(await priceOf("pro_monthly")).toMatchObject({
      unit_amount: 2900,
      recurring: { interval: "month", trial_period_days: 14 },
    });
    const rows = await supabase.query("select lookup_key from public.prices where active order by 1");
    expect(rows).toEqual([{ lookup_key: "credits_1000" }, { lookup_key: "pro_monthly" }, { lookup_key: "pro_yearly" }]);
    const [portal] = (await lent.stripe.billingPortal.configurations.list({ is_default: true })).data;
    expect(portal?.features.subscription_update.products?.[0]?.prices).toHaveLength(2);
    expect(await plan()).toMatchObject({ steps: [], byHand: [] });
  });

  it("is compared only: a plan changes nothing, not even whose account is mirrored", async () => {
    await plan();
    expect((await lent.stripe.products.list()).data).toEqual([]);
    expect((await lent.stripe.webhookEndpoints.list()).data).toEqual([]);
    expect(await supabase.query("select from billing.stripe_account")).toEqual([]);
  });

  it("changes what Stripe can change, and takes away what is no longer said", async () => {
    await run();
    const [pro, credits] = CONFIG.products;
    const { group: _, description: __, ...fewer } = pro as (typeof CONFIG.products)[number];
    const changed = { products: [{ ...fewer, name: "Pro Plus", features: [] }, credits] };
    const planned = await plan(changed);
    expect(planned.steps.map(({ name, changes }) => ({ name, changes }))).toEqual([
      {
        name: "pro",
        changes: [
          { field: "name", from: "Pro", to: "Pro Plus" },
          { field: "description", from: "For teams that ship.", to: null },
          { field: "features", from: "Unlimited projects, Audit log", to: null },
          { field: "group", from: "plans", to: null },
        ],
      },
    ]);
    await apply(planned);
    expect((await plan(changed)).steps).toEqual([]);
  });

  it("sets the metadata that it names, takes away what it empties, and leaves all others", async () => {
    const selling = (metadata: Record<string, string>) => ({
      products: [{ key: "pro", name: "Pro", metadata, prices: [{ lookupKey: "pro", amount: 900, currency: "usd" }] }],
    });
    await run(selling({ recommended: "true", faq_1: "Why? Because." }));
    const [{ id } = { id: "" }] = (await lent.stripe.products.list()).data;
    await lent.stripe.products.update(id, { metadata: { by_hand: "stays" } });
    expect((await plan(selling({ recommended: "true", faq_1: "Why? Because." }))).steps).toEqual([]);
    await run(selling({ recommended: "" }));
    const { metadata } = await lent.stripe.products.retrieve(id);
    expect(metadata).toEqual({ billing_key: "pro", faq_1: "Why? Because.", by_hand: "stays" });
    expect(() => parseConfig(selling({ subscription_group: "other" }))).toThrow("fields of their own");
  });
});

describe("a price", () => {
  it.each([
    ["amount", "pro_monthly", { amount: 3900 }, { field: "amount", from: "2900 usd", to: "3900 usd" }],
    ["currency", "credits_1000", { currency: "eur" }, { field: "amount", from: "4900 usd", to: "4900 eur" }],
    ["interval", "pro_yearly", { interval: "month" }, { field: "every", from: "1 year", to: "1 month" }],
    ["trial", "pro_monthly", { trialDays: 7 }, { field: "trial days", from: "14", to: "7" }],
    ["tax", "pro_monthly", { taxBehavior: "inclusive" }, { field: "tax", from: "exclusive", to: "inclusive" }],
  ])(
    "with another %s is a new one that takes the lookup key; the old one is archived",
    async (_, key, fields, change) => {
      await run();
      const before = await priceOf(key);
      const planned = await plan(withPrice(key, fields));
      expect(planned.steps[0]).toMatchObject({ does: "replace", name: key, changes: [change] });
      await apply(planned);
      const after = await priceOf(key);
      expect(after?.id).not.toBe(before?.id);
      expect(after?.active).toBe(true);
      expect(await lent.stripe.prices.retrieve(before?.id ?? "")).toMatchObject({ active: false, lookup_key: null });
      expect((await plan(withPrice(key, fields))).steps).toEqual([]);
    },
  );

  it("that was replaced halfway is archived by the next run", async () => {
    await run();
    const old = await priceOf("pro_monthly");
    const planned = await plan(withPrice("pro_monthly", { amount: 3900 }));
    await lent.fault({ kind: "error_500_kept", times: 4, match: `/v1/products/${old?.product}` });
    await expect(apply(planned)).rejects.toThrow();
    expect(await lent.stripe.prices.retrieve(old?.id ?? "")).toMatchObject({ active: true, lookup_key: null });
    const next = await plan(withPrice("pro_monthly", { amount: 3900 }));
    expect(said(next)[0]).toBe(`archive price pro_monthly (${old?.id})`);
    await apply(next);
    expect(await lent.stripe.prices.retrieve(old?.id ?? "")).toMatchObject({ active: false });
  });

  it("that a product shows first is archived all the same: the new one takes its place, in the mirror too, though all of it happens in one second", async () => {
    await run();
    const old = await priceOf("pro_monthly");
    const product = String(old?.product);
    await lent.stripe.products.update(product, { default_price: old?.id ?? "" });
    await nextSecond();
    const dearer = withPrice("pro_monthly", { amount: 3900 });
    await run({ products: dearer.products.map((each) => ({ ...each, name: `New ${each.name}` })) });
    const after = await priceOf("pro_monthly");
    expect((await lent.stripe.products.retrieve(product)).default_price).toBe(after?.id);
    const rows = await supabase.query("select name, default_price_id from products where id = $1", [product]);
    expect(rows).toEqual([{ name: "New Pro", default_price_id: after?.id }]);
    const keys = await supabase.query("select active, lookup_key from prices where id = $1", [old?.id]);
    expect(keys).toEqual([{ active: false, lookup_key: null }]);
  });
});

describe("what the file no longer names", () => {
  it("is archived, comes back when it is named again, and is never deleted", async () => {
    await run();
    const [pro] = CONFIG.products;
    expect(await run({ products: [pro] })).toEqual(["archive product credits"]);
    expect((await lent.stripe.products.list({ active: false })).data).toMatchObject([{ name: "Credits" }]);
    expect((await plan({ products: [pro] })).steps).toEqual([]);
    expect(await run()).toEqual(["restore product credits"]);
    const monthlyOnly = { ...pro, prices: pro?.prices.slice(0, 1) };
    expect(await run({ products: [monthlyOnly, CONFIG.products[1]] })).toContain("archive price pro_yearly");
    expect((await priceOf("pro_yearly"))?.active).toBe(false);
    expect(await run()).toContain("restore price pro_yearly");
  });

  it("is left alone where it was made by hand", async () => {
    const { id } = await lent.stripe.products.create({ name: "By hand" });
    const price = await lent.stripe.prices.create({
      product: id,
      unit_amount: 100,
      currency: "usd",
      lookup_key: "mine",
    });
    await run();
    expect((await lent.stripe.products.retrieve(id)).active).toBe(true);
    expect((await lent.stripe.prices.retrieve(price.id)).active).toBe(true);
  });
});

it("a product that was there before is taken over by the lookup key of its price", async () => {
  const { id } = await lent.stripe.products.create({ name: "Pro" });
  const old = {
    product: id,
    unit_amount: 2900,
    currency: "usd",
    lookup_key: "pro_monthly",
    tax_behavior: "exclusive" as const,
  };
  await lent.stripe.prices.create({ ...old, recurring: { interval: "month", trial_period_days: 14 } });
  expect((await run()).slice(0, 3)).toEqual([
    "change product pro",
    "change price pro_monthly",
    "create price pro_yearly",
  ]);
  expect((await priceOf("pro_yearly"))?.product).toBe(id);
  expect((await plan()).steps).toEqual([]);
});

it("a price that did not say how it is taxed says it from now on, and whoever has it keeps it", async () => {
  const { taxBehavior: _, ...silent } = CONFIG.products[0]?.prices[1] ?? {};
  await run({ products: [{ ...CONFIG.products[0], prices: [CONFIG.products[0]?.prices[0], silent] }] });
  const before = await priceOf("pro_yearly");
  const planned = await plan({ products: [CONFIG.products[0]] });
  expect(planned.steps[0]).toMatchObject({
    does: "change",
    name: "pro_yearly",
    changes: [{ field: "tax", from: null, to: "exclusive" }],
  });
  await apply(planned);
  expect(await priceOf("pro_yearly")).toMatchObject({ id: before?.id, tax_behavior: "exclusive" });
  expect((await plan({ products: [CONFIG.products[0]] })).steps).toEqual([]);
});

describe("the portal", () => {
  const price = (lookupKey: string, fields: object = {}) => ({
    ...TAXED,
    lookupKey,
    amount: 900,
    interval: "month",
    ...fields,
  });
  const product = (key: string, ...prices: object[]) => ({ key, name: key, prices });
  const features = async () =>
    (await lent.stripe.billingPortal.configurations.list({ is_default: true })).data[0]?.features.subscription_update;
  const offered = async () => {
    const ids = ((await features())?.products ?? []).flatMap(({ prices }) => prices);
    return (await Promise.all(ids.map((id) => lent.stripe.prices.retrieve(id)))).map(({ lookup_key: key }) => key);
  };

  it("offers one price for each interval of a product, and none by use or paid once", async () => {
    const meter = await lent.stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    await run({
      products: [
        product("a", price("a_month"), price("a_month_two"), price("a_quarter", { intervalCount: 3 })),
        product("b", price("b_use", { meter: meter.id }), price("b_year", { interval: "year" })),
        product("c", price("c_once", { interval: undefined })),
      ],
    });
    expect(await offered()).toEqual(["a_month", "a_quarter", "b_year"]);
    expect(await features()).toMatchObject({ trial_update_behavior: "continue_trial" });
  });

  it("offers none in a currency that nobody could change to, nor without taxBehavior, which it says", async () => {
    const planned = await plan({
      products: [
        product("a", price("a_usd")),
        product("b", price("b_usd"), price("b_eur", { currency: "eur", interval: "year" })),
        product(
          "c",
          price("c_taxed", { taxBehavior: "inclusive" }),
          price("c_silent", { taxBehavior: undefined, interval: "year" }),
        ),
      ],
    });
    expect(planned.steps.find(({ what }) => what === "portal")?.note).toContain("taxBehavior: c_silent");
    await apply(planned);
    expect(await offered()).toEqual(["a_usd", "b_usd"]);
  });

  it("charges a change of plan at once, also where it was set up otherwise", async () => {
    await run(CONFIG);
    expect(await features()).toMatchObject({ proration_behavior: "always_invoice" });
    const [portal] = (await lent.stripe.billingPortal.configurations.list({ is_default: true })).data;
    await lent.stripe.billingPortal.configurations.update(portal?.id ?? "", {
      features: { subscription_update: { proration_behavior: "create_prorations" } },
    });
    const [step, ...others] = (await plan(CONFIG)).steps;
    expect(step?.changes).toEqual([
      { field: "a change of plan is paid", from: "with the next invoice", to: "at once" },
    ]);
    expect(others).toEqual([]);
    await run(CONFIG);
    expect(await features()).toMatchObject({ proration_behavior: "always_invoice" });
  });

  it("changes nobody's plan where there is but one, where the file says so, and as Stripe makes it", async () => {
    expect(await features()).toMatchObject({ enabled: false });
    await run({ products: [product("a", price("a_month"))] });
    expect(await features()).toMatchObject({ enabled: false });
    await run({ products: [product("a", price("a_month"), price("a_year", { interval: "year" }))] });
    expect(await features()).toMatchObject({ enabled: true });
    await run({ ...CONFIG, portal: { switchPlans: false } });
    expect(await features()).toMatchObject({ enabled: false });
  });

  it("lets a quantity change in a configuration beside the account's own, within what the file says, and as long as plans can be switched", async () => {
    const bounded = { ...product("b", price("b_month")), metadata: { min_quantity: "2", max_quantity: "9" } };
    const config = (name = "a") => ({ products: [{ ...product("a", price("a_month")), name }, bounded] });
    const beside = async () => {
      const { data } = await lent.stripe.billingPortal.configurations.list({ is_default: false });
      return data.map(({ active, features: { subscription_update: update, ...others } }) => ({
        active,
        allowed: update.default_allowed_updates,
        bounds: update.products?.map(({ adjustable_quantity: { minimum, maximum } }) => [minimum, maximum]),
        paid: update.proration_behavior,
        others: Object.values(others).filter(({ enabled }) => enabled).length,
      }));
    };
    const made = {
      active: true,
      allowed: ["price", "quantity"],
      bounds: [
        [1, null],
        [2, 9],
      ],
      paid: "always_invoice",
      others: 1,
    }; // the card
    await run(config());
    expect(await beside()).toEqual([made]);
    expect((await features())?.default_allowed_updates).toEqual(["price"]);
    expect((await features())?.products?.map(({ adjustable_quantity }) => adjustable_quantity.enabled)).toEqual([
      false,
      false,
    ]);
    expect((await plan(config("another name"))).steps.map(({ what }) => what)).toEqual(["product"]);

    bounded.metadata.max_quantity = "8";
    expect(await run(config())).toEqual(["change product b", "change portal the confirmation of another quantity"]);
    expect(await beside()).toEqual([
      {
        ...made,
        bounds: [
          [1, null],
          [2, 8],
        ],
      },
    ]);
    const off = { ...config(), portal: { switchPlans: false } };
    expect(await run(off)).toContain("archive portal the confirmation of another quantity");
    expect(await beside()).toMatchObject([{ active: false }]);
    expect((await plan(off)).steps).toEqual([]);
    expect(await run(config())).toContain("change portal the confirmation of another quantity");
    expect(await beside()).toMatchObject([{ active: true }]);
  });

  it("is left as it is, like the catalogue, where only what lacks is to be made; of an empty account it is set up", async () => {
    const keep = { keep: true, webhookUrl: undefined };
    expect(await run(CONFIG, keep)).toContain("change portal the customer portal");
    expect(await features()).toMatchObject({ enabled: true });
    await run({ ...CONFIG, portal: { switchPlans: false } });
    const changed = { products: CONFIG.products.map((each) => ({ ...each, name: "Another" })) };
    expect(await run(changed, keep)).toEqual([]);
    expect(await features()).toMatchObject({ enabled: false });
    const fewer = { products: [CONFIG.products[0]] };
    await run(fewer);
    expect(await run(CONFIG, keep)).toEqual([]);
  });
});

describe("the webhook endpoint", () => {
  const endpoints = async () => (await lent.stripe.webhookEndpoints.list()).data;

  it("has the pinned version, the mirror's events, and its secret is handed over once", async () => {
    await run();
    const [made] = await endpoints();
    expect(made).toMatchObject({ url: URL, api_version: Stripe.API_VERSION, status: "enabled" });
    expect(secrets).toEqual([expect.stringMatching(/^whsec_/)]);
  });

  it("is not left behind when its secret could not be kept", async () => {
    const keepWebhookSecret = () => Promise.reject(new Error("disk full"));
    const planned = await planSetup(clients, { webhookUrl: URL });
    await expect(applySetup(clients, planned, { keepWebhookSecret, onDone: () => {} })).rejects.toThrow("disk full");
    expect(await endpoints()).toEqual([]);
  });

  it("of a run that was killed before its secret was kept is replaced by the next, with a secret that is", async () => {
    const killed = () => new Promise<never>(() => {});
    const planned = await planSetup(clients, { webhookUrl: URL });
    let asked = () => {};
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const keepWebhookSecret = () => {
      asked();
      return killed();
    };
    void applySetup(clients, planned, { keepWebhookSecret, onDone: () => {} });
    await reached;
    const [lost] = await endpoints();
    const next = await planSetup(clients, { webhookUrl: URL });
    expect(next.steps).toMatchObject([
      {
        does: "replace",
        what: "webhook endpoint",
        note: expect.stringContaining(`${lost?.id} was made by a run that was cut off`),
      },
    ]);
    await apply(next);
    const [made, ...others] = await endpoints();
    expect(others).toEqual([]);
    expect(made?.id).not.toBe(lost?.id);
    expect(secrets).toHaveLength(1);
    expect((await planSetup(clients, { webhookUrl: URL })).steps).toEqual([]);
  });

  it("of a run that was killed just after its secret was kept is replaced as well: nobody can tell the two apart", async () => {
    const planned = await planSetup(clients, { webhookUrl: URL });
    await lent.fault({ kind: "error_500_kept", times: 4, match: "/v1/webhook_endpoints/we_" });
    await expect(apply(planned)).rejects.toThrow();
    expect((await planSetup(clients, { webhookUrl: URL })).steps).toMatchObject([{ does: "replace" }]);
    await apply(await planSetup(clients, { webhookUrl: URL }));
    expect(await endpoints()).toHaveLength(1);
    expect(secrets).toHaveLength(2);
    expect((await planSetup(clients, { webhookUrl: URL })).steps).toEqual([]);
  });

  it("gets the events that it lacks, loses those of no use, and is enabled", async () => {
    await run();
    const [{ id } = { id: "" }] = await endpoints();
    await lent.stripe.webhookEndpoints.update(id, {
      enabled_events: ["invoice.paid", "account.updated"],
      disabled: true,
    });
    const planned = await plan();
    expect(planned.steps).toMatchObject([{ does: "change", what: "webhook endpoint" }]);
    expect(planned.steps[0]?.changes.map(({ field, from }) => [field, from])).toEqual([
      ["events", null],
      ["events", "account.updated"],
      ["status", "disabled"],
    ]);
    await apply(planned);
    expect((await plan()).steps).toEqual([]);
    expect(secrets).toHaveLength(1);
  });

  it("of another version goes on beside the new one until it may be retired", async () => {
    const old = await lent.stripe.webhookEndpoints.create({
      url: URL,
      enabled_events: ["*"],
      api_version: "2024-06-20",
    });
    expect(await run(CONFIG)).toContain(`create webhook endpoint ${URL}`);
    expect((await endpoints()).map(({ status }) => status)).toEqual(["enabled", "enabled"]);
    expect((await plan()).steps).toEqual([]);
    expect(await run(CONFIG, { retire: true })).toEqual([
      expect.stringContaining(`archive webhook endpoint ${old.id}`),
    ]);
    expect((await lent.stripe.webhookEndpoints.retrieve(old.id)).status).toBe("disabled");
  });
});

it("a run that is stopped ends after the step that it is in, and the next does the rest", async () => {
  const planned = await plan();
  const stopping = new AbortController();
  const done: string[] = [];
  await applySetup(clients, planned, {
    keepWebhookSecret: async () => {},
    onDone: ({ name }) => {
      done.push(name);
      if (done.length === 2) stopping.abort();
    },
    signal: stopping.signal,
  });
  expect(done).toHaveLength(2);
  expect((await plan()).steps).toHaveLength(planned.steps.length - 2);
});

it("a portal that was never saved is named as what must be done by hand", async () => {
  await lent.setDashboard({ portal: false });
  const { byHand, steps } = await plan();
  expect(byHand).toEqual([
    expect.objectContaining({ where: "https://dashboard.stripe.com/test/settings/billing/portal" }),
  ]);
  expect(steps.map(({ what }) => what)).not.toContain("portal");
});

it("a key of another account than the mirrored one changes nothing", async () => {
  await supabase.query("insert into billing.stripe_account values (true, 'acct_other', false, '{x}')");
  await expect(plan()).rejects.toThrow("another account");
});

describe("a file that is wrong is refused with the place", () => {
  const [pro] = CONFIG.products;
  const price = { lookupKey: "a", amount: 100, currency: "usd" };
  it.each([
    ["products: products must be a list", {}],
    ["products[0].prices: a product needs a price", { products: [{ ...pro, prices: [] }] }],
    [
      "products[0].prices[0].amount: amount must be a whole number",
      { products: [{ ...pro, prices: [{ ...price, amount: 9.99 }] }] },
    ],
    [
      'products[0].prices[0].currency: currency must be three small letters, such as "usd"',
      { products: [{ ...pro, prices: [{ ...price, currency: "USD" }] }] },
    ],
    [
      "products[0].prices[0].trial: there is no such field",
      { products: [{ ...pro, prices: [{ ...price, trial: 3 }] }] },
    ],
    [
      "products[0].prices[0].trialDays: goes with an interval only: this price is paid once",
      { products: [{ ...pro, prices: [{ ...price, trialDays: 3 }] }] },
    ],
    [
      'products[0].prices[1].lookupKey: another price is called "a"',
      { products: [{ ...pro, prices: [price, price] }] },
    ],
    [
      "products[0].metadata.max_quantity: must be min_quantity or more",
      { products: [{ ...pro, metadata: { min_quantity: "5", max_quantity: "3" } }] },
    ],
    ['products[1].key: another product is called "pro"', { products: [pro, { ...pro, prices: [price] }] }],
    [
      "portal.termsOfServiceUrl: termsOfServiceUrl must be an address, such as https://example.com/terms",
      { products: [pro], portal: { termsOfServiceUrl: "terms" } },
    ],
    ["the default export: it must be defineBilling({ products: […] })", undefined],
  ])("%s", (says, config) => {
    expect(() => parseConfig(config)).toThrow(says);
  });
});
