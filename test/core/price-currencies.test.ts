import { createClient } from "@supabase/supabase-js";
import { noteList } from "@turnpike/core/mirror";
import { auditAccount } from "@turnpike/core/sync";
import { expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { LONG_AGO } from "../parts/shop.ts";
import { createSweeping } from "../parts/sweeping.ts";

const account = eachWithAccount();

/** $29, or ¥3,000. Stripe says so only when it is asked. */
async function sell() {
  const { id } = await account.shop.sell("monthly", { currencies: { jpy: { unit_amount: 3000 } } });
  return id;
}
const AMOUNTS = {
  jpy: { unit_amount: 3000, unit_amount_decimal: "3000", tax_behavior: "unspecified" },
  usd: { unit_amount: 2900, unit_amount_decimal: "2900", tax_behavior: "exclusive" },
};
const shown = async () => {
  const [row] = await account.supabase.query<{ currency_options: object }>("select currency_options from prices");
  return row?.currency_options;
};
const asksOf = async (price: string) => (await account.lent.asked(`GET /v1/prices/${price}`)).length;

it("anybody reads what a price costs in each of its currencies, though its event does not say so", async () => {
  const id = await sell();
  await account.supabase.query("delete from prices");
  await account.supabase.query("delete from billing.stripe_events");
  const { data } = await account.stripe.events.list({ type: "price.created" });
  expect(data[0]?.data.object).not.toHaveProperty("currency_options");
  const before = await asksOf(id);
  expect(await account.shop.apply(...data)).toEqual(["applied"]);
  // More than once where it was made in this very second: what is read then may change within it.
  expect(await asksOf(id)).toBeGreaterThan(before);
  const visitor = createClient(account.supabase.url, account.supabase.publishableKey);
  expect((await visitor.from("prices").select("id, currency_options")).data).toEqual([
    { id, currency_options: AMOUNTS },
  ]);
});

it("a price that is deleted is off sale, whatever it cost", async () => {
  const id = await sell();
  const { data } = await account.stripe.events.list({ type: "price.created" });
  const [made] = data;
  if (!made) throw new Error("Stripe made no event");
  const gone = { ...made.data.object, id: "price_gone" };
  const event = { ...made, id: "evt_gone", type: "price.deleted", created: LONG_AGO + 1, data: { object: gone } };
  expect(await account.shop.apply(event as typeof made)).toEqual(["applied"]);
  expect(await account.supabase.query("select id from prices where active")).toEqual([{ id }]);
});

it("a reading is told by the list, and asks for no price by itself", async () => {
  const id = await sell();
  await account.supabase.query("delete from prices");
  const before = await asksOf(id);
  await account.reading.sync();
  expect(await shown()).toEqual(AMOUNTS);
  expect(await asksOf(id)).toBe(before);
});

it("an amount that differs in one currency alone is found by an audit, and mended by a sweep", async () => {
  await sell();
  await account.reading.sync();
  const audit = () => auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
  await account.letTimePass();
  expect((await audit()).equal).toBe(true);
  await account.supabase.query(
    `update prices set currency_options = jsonb_set(currency_options, '{jpy,unit_amount}', '1'), as_of = as_of - interval '1 hour'`,
  );
  const { objects } = await audit();
  expect(objects.find(({ object }) => object === "price")?.differing).toMatchObject([
    { columns: [{ column: "currency_options" }] },
  ]);
  const { sweep, drift } = createSweeping(account);
  await sweep();
  expect(await drift()).toMatchObject([{ object: "price", columns: ["currency_options"] }]);
  expect(await shown()).toEqual(AMOUNTS);
});

it("a list that does not say them is not taken for a price without", async () => {
  await sell();
  await account.letTimePass();
  await noteList(account.shop.billing, "price", () => account.stripe.prices.list());
  expect(await shown()).toEqual(AMOUNTS);
});
