import { readFileSync } from "node:fs";
import { createClient } from "@supabase/supabase-js";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { customer, event, id, invoice, price, product, subscription } from "../builders.ts";
import { exampleOf } from "../documented.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
});

const DAY = 86_400;
type User = Awaited<ReturnType<Shop["newUser"]>>;

/** What this user's browser talks to; without one, a visitor's. */
const connect = (user: User | undefined) =>
  createClient(supabase.url, supabase.publishableKey, user && { accessToken: async () => user.accessToken });

async function ask(user: User | undefined, fn: string, args: object = {}): Promise<unknown> {
  const { data, error } = await connect(user).rpc(fn, args);
  return error ? "refused" : data;
}
const pays = (user: User | undefined) => ask(user, "has_active_subscription");
const may = (user: User | undefined, key: string | null) => ask(user, "has_feature", { key });

/** A user with a customer of their own. */
async function newCustomer() {
  const user = await shop.newUser();
  const own = customer({ metadata: { user_id: user.id } });
  await shop.apply(event("customer.created", own, LONG_AGO));
  return { user, customerId: own.id };
}
const subscribe = (customerId: string, status: string) =>
  shop.apply(event("customer.subscription.updated", subscription({ customer: customerId, status } as never), LONG_AGO));
const entitle = (customerId: string, ...keys: string[]) =>
  shop.apply(
    event(
      "entitlements.active_entitlement_summary.updated",
      { customer: customerId, entitlements: { data: keys.map((lookup_key) => ({ lookup_key })), has_more: false } },
      LONG_AGO,
    ),
  );

describe("has_active_subscription()", () => {
  it.each([
    ["trialing", true],
    ["active", true],
    ["past_due", true], // Stripe still tries the card
    ["unpaid", false],
    ["paused", false],
    ["incomplete", false],
    ["incomplete_expired", false],
    ["canceled", false],
  ])("of a user whose subscription is %s is %s", async (status, answer) => {
    const { user, customerId } = await newCustomer();
    await subscribe(customerId, status);
    expect(await pays(user)).toBe(answer);
  });

  it("counts what was bought as a guest, beside an own customer that pays for nothing", async () => {
    const { user } = await newCustomer();
    const guest = id("cus");
    await supabase.query("insert into customers (id, user_id, owned_by) values ($1, $2, 'email')", [guest, user.id]);
    await subscribe(guest, "active");
    expect(await pays(user)).toBe(true);
  });

  it("counts no subscription that is deleted, whatever its last status was", async () => {
    const { user, customerId } = await newCustomer();
    const deleted = subscription({ customer: customerId, status: "active" });
    await shop.apply(event("customer.subscription.updated", deleted, LONG_AGO));
    await supabase.query("update user_subscriptions set deleted = true where id = $1", [deleted.id]);
    expect(await pays(user)).toBe(false);
  });

  it("counts nobody else's", async () => {
    const [ada, grace] = [await newCustomer(), await newCustomer()];
    await subscribe(ada.customerId, "active");
    await subscribe(id("cus"), "active");
    expect(await pays(grace.user)).toBe(false);
    expect(await pays(await shop.newUser())).toBe(false);
    expect(await pays(undefined)).toBe(false);
  });

  it("counts what is past due for as long as the product's settings say, from the invoice that is not paid", async () => {
    const { user, customerId } = await newCustomer();
    const due = invoice({ customer: customerId, created: Math.floor(Date.now() / 1000) - 5 * DAY });
    const late = subscription({ customer: customerId, status: "past_due", latest_invoice: due.id } as never);
    await shop.apply(event("invoice.finalized", due, LONG_AGO), event("customer.subscription.updated", late, LONG_AGO));
    const grace = (days: number | null) =>
      supabase.query("update billing.settings set past_due_grace_days = $1", [days]);
    try {
      for (const [days, answer] of [
        [null, true],
        [6, true],
        [4, false],
        [0, false],
      ] as const) {
        await grace(days);
        expect([days, await pays(user)]).toEqual([days, answer]);
      }
    } finally {
      await grace(null);
    }
  });

  it("counts from the first that is not paid, however many followed it, and not from before the one that was paid last", async () => {
    const { user, customerId } = await newCustomer();
    const late = subscription({ customer: customerId, status: "past_due" });
    const billed = (daysAgo: number, status: Stripe.Invoice.Status) => {
      const parent = { subscription_details: { subscription: late.id } } as Stripe.Invoice.Parent;
      const created = Math.floor(Date.now() / 1000) - daysAgo * DAY;
      return invoice({ customer: customerId, created, status, parent });
    };
    const [began, forgotten, paid] = [billed(125, "paid"), billed(95, "open"), billed(65, "paid")];
    const [first, latest] = [billed(35, "open"), billed(2, "open")];
    await shop.apply(
      ...[began, forgotten, paid, first, latest].map((each) => event("invoice.finalized", each, LONG_AGO)),
      event("customer.subscription.updated", { ...late, latest_invoice: latest.id }, LONG_AGO),
    );
    try {
      for (const [days, answer] of [
        [36, true],
        [34, false],
      ] as const) {
        await supabase.query("update billing.settings set past_due_grace_days = $1", [days]);
        expect([days, await pays(user)]).toEqual([days, answer]);
      }
    } finally {
      await supabase.query("update billing.settings set past_due_grace_days = null");
    }
  });

  it("has a sister of any user for the service role, and for it alone", async () => {
    const { user, customerId } = await newCustomer();
    await subscribe(customerId, "active");
    await entitle(customerId, "exports");
    const args = { user_id: user.id };
    const served = async (name: string, more = {}) =>
      (await supabase.client.rpc(name as never, { ...args, ...more } as never)).data;
    expect(await served("user_has_active_subscription")).toBe(true);
    expect(await served("user_has_feature", { key: "exports" })).toBe(true);
    expect(await served("user_has_feature", { key: "sso" })).toBe(false);
    expect(await ask(user, "user_has_active_subscription", args)).toBe("refused");
    expect(await ask(undefined, "user_has_active_subscription", args)).toBe("refused");
  });
});

describe("has_feature()", () => {
  it("knows the features of the user's own customers, and no other", async () => {
    const [ada, grace] = [await newCustomer(), await newCustomer()];
    await entitle(ada.customerId, "exports", "audit");
    await entitle(id("cus"), "exports");
    expect(await Promise.all(["exports", "audit", "sso", "EXPORTS", ""].map((key) => may(ada.user, key)))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(await may(grace.user, "exports")).toBe(false);
    expect(await may(ada.user, null)).not.toBe(true);
    expect(await may(undefined, "exports")).toBe(false);
  });

  it("forgets a feature that was taken away", async () => {
    const { user, customerId } = await newCustomer();
    await entitle(customerId, "exports");
    const none = { customer: customerId, entitlements: { data: [], has_more: false } };
    await shop.apply(event("entitlements.active_entitlement_summary.updated", none, LONG_AGO + 10));
    expect(await may(user, "exports")).toBe(false);
  });
});

describe("what the README shows", () => {
  /** What a policy lets a user read: the local REST API looks only once which tables there are. */
  const TITLES = `create function public.titles_for(user_id text) returns setof text language plpgsql as $$
    begin
      perform set_config('request.jwt.claims', jsonb_build_object('sub', user_id, 'role', 'authenticated')::text, true);
      perform set_config('request.jwt.claim.sub', user_id, true);
      perform set_config('role', 'authenticated', true);
      return query select title from public.articles order by id;
      perform set_config('role', 'none', true);
    end $$`;
  const isPolicy = (statement: string) => /create policy/.test(statement);

  it("opens a table to subscribers, and what it reads is there", async () => {
    const table = exampleOf("docs/access.md").filter((statement) => !isPolicy(statement));
    for (const statement of [...table, ...exampleOf("README.md"), TITLES]) await supabase.query(statement);
    onTestFinished(async () => {
      await supabase.query("drop function public.titles_for(text)");
      await supabase.query("drop table public.articles");
    });
    await supabase.query("insert into public.articles values (1, true, 'Premium'), (2, false, 'Free')");
    const { user, customerId } = await newCustomer();
    await subscribe(customerId, "active");
    const readBy = async (userId: string) =>
      (await supabase.query<{ title: string }>("select titles_for($1) as title", [userId])).map(({ title }) => title);
    expect(await readBy(user.id)).toEqual(["Premium", "Free"]);
    expect(await readBy((await shop.newUser()).id)).toEqual(["Free"]);

    const shown = [...readFileSync("README.md", "utf8").matchAll(/\.from\("(\w+)"\)\.select\("([^"]+)"\)/g)];
    expect(shown.map(([, from]) => from)).toEqual(["user_subscriptions", "payment_history"]);
    for (const [, from = "", columns = ""] of shown)
      expect(await connect(user).from(from).select(columns)).toMatchObject({ error: null });
  });
});

describe("the catalogue", () => {
  /** What this user's browser sees of a price and its product. */
  async function seenBy(user: User | undefined, price: { id: string; product: string }) {
    const client = connect(user);
    const [prices, products] = await Promise.all([
      client.from("prices").select("id").eq("id", price.id),
      client.from("products").select("id").eq("id", price.product),
    ]);
    return [prices.data?.length, products.data?.length];
  }

  it("is read by anybody, as far as it is on sale", async () => {
    const [sold, archived, deleted] = [
      await shop.sell("monthly"),
      await shop.sell("monthly"),
      await shop.sell("monthly"),
    ];
    await shop.apply(
      event("price.updated", price({ ...archived, active: false }), LONG_AGO + 1),
      event("product.updated", product({ id: archived.product, active: false }), LONG_AGO + 1),
      event("price.deleted", price(deleted), LONG_AGO + 1),
      event("product.deleted", product({ id: deleted.product }), LONG_AGO + 1),
    );
    for (const user of [undefined, await shop.newUser()]) {
      expect(await seenBy(user, sold)).toEqual([1, 1]);
      expect(await seenBy(user, archived)).toEqual([0, 0]);
      expect(await seenBy(user, deleted)).toEqual([0, 0]);
    }
  });

  it("that is not on sale any more is read by whoever is on it", async () => {
    const [{ user, customerId }, archived] = [await newCustomer(), await shop.sell("monthly")];
    const item = {
      id: id("si"),
      price: archived,
      quantity: 1,
      current_period_start: LONG_AGO,
      current_period_end: LONG_AGO,
    };
    await shop.apply(
      event(
        "customer.subscription.updated",
        subscription({ customer: customerId, items: { data: [item] } } as never),
        LONG_AGO,
      ),
      event("price.updated", price({ ...archived, active: false }), LONG_AGO + 1),
      event("product.updated", product({ id: archived.product, active: false }), LONG_AGO + 1),
    );
    expect(await seenBy(user, archived)).toEqual([1, 1]);
    expect(await seenBy(await shop.newUser(), archived)).toEqual([0, 0]);
  });
});
