import { text } from "node:stream/consumers";
import { openCheckout, summarizeCheckout } from "@turnpike/core/checkout";
import { openPortal } from "@turnpike/core/portal";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { addUser } from "../parts/people.ts";
import { standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let [monthly, yearly] = ["", ""];
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  [monthly, yearly] = [(await shop.sell("monthly")).id, (await shop.sell("monthly")).id];
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
let user: User;
beforeEach(async () => {
  user = await shop.newUser();
});

const open = (priceId: string, buyer: User | undefined = user, billing: object = {}) =>
  openCheckout({ ...shop.billing, ...billing }, buyer, shop.purchase(priceId));
const idIn = (url: string) => url.match(/cs_\w+/)?.[0] ?? "";
const statusOf = async (url: string) => (await lent.stripe.checkout.sessions.retrieve(idIn(url))).status;
const customersOf = async ({ email }: User) => (await lent.stripe.customers.list({ email })).data.map(({ id }) => id);
const openPages = async () => {
  const lists = (await customersOf(user)).map((customer) =>
    lent.stripe.checkout.sessions.list({ customer, status: "open" }),
  );
  return (await Promise.all(lists)).flatMap(({ data }) => data.map(({ id }) => id));
};

describe("somebody who cannot decide", () => {
  it("between two plans within a second always gets a page that can be paid, and the last one alone stands", async () => {
    for (const price of [monthly, yearly, monthly, yearly]) await open(price);
    for (const price of [monthly, yearly, monthly]) {
      const url = await open(price);
      expect(await statusOf(url)).toBe("open");
      expect(await openPages()).toEqual([idIn(url)]);
    }
  });

  it("and pays one of two pages of one second is shown as having paid, and is answered no page that is over", async () => {
    const [one, other] = await Promise.all([shop.sell("once"), shop.sell("once")]);
    await open(one.id);
    const paid = await open(other.id);
    await shop.pay(paid);
    const outcome = () => summarizeCheckout(shop.billing, user, idIn(paid));
    expect(await outcome()).toMatchObject({ status: "complete" });
    for (let click = 0; click < 3; click++) expect(await statusOf(await open(other.id))).toBe("open");
    const rows = await supabase.query("select outcome from checkout_sessions where id = $1", [idIn(paid)]);
    expect(rows).toEqual([{ outcome: "complete" }]);
  });
});

it("whoever turned back once, and bought as a guest, is sold nothing more, and can leave", async () => {
  await open(monthly);
  await shop.pay(await openCheckout(shop.billing, undefined, shop.purchase(monthly)), { email: user.email });
  for (const price of [monthly, yearly]) expect(await open(price)).toContain("/p/session/");
  expect(await openPages()).toEqual([]);
  const lists = (await customersOf(user)).map((customer) => lent.stripe.subscriptions.list({ customer }));
  const [held, ...others] = (await Promise.all(lists)).flatMap(({ data }) => data);
  expect(others).toEqual([]);
  await openPortal(shop.billing, user, { returnUrl: SITE });
  const portals = await lent.asked("POST /v1/billing_portal/sessions");
  expect(portals.slice(-3).map(({ params }) => params.customer)).toEqual(Array(3).fill(held?.customer));
});

it("whoever is deleted and signs up again with the same address keeps what runs, and is not sold it again", async () => {
  const relay = createRelay(supabase, lent, shop);
  const paid = await open(monthly);
  await shop.pay(paid);
  await summarizeCheckout(shop.billing, user, idIn(paid));
  await supabase.query("delete from auth.users where id = $1", [user.id]);
  const again = await addUser(supabase, { email: user.email });
  expect(await open(yearly, again)).toContain("/p/session/");
  expect(await relay.run()).toEqual([]);
  expect(await relay.statusOf(`${(await lent.stripe.checkout.sessions.retrieve(idIn(paid))).subscription}`)).toBe(
    "active",
  );
});

it("a page that Stripe opens only after the sale was given up is known to nobody, and closed by the next", async () => {
  await open(monthly);
  const asked: { headers: Record<string, string>; body: string }[] = [];
  const slow = await standBefore(lent, async (request, response) => {
    const { method, url, headers } = request;
    if (method !== "POST" || url !== "/v1/checkout/sessions") return;
    const { authorization = "", "content-type": type = "" } = headers;
    asked.push({ headers: { authorization, "content-type": type }, body: await text(request) });
    response.destroy();
  });
  await expect(open(yearly, user, { stripe: slow.stripe })).rejects.toThrow();
  const url = await open(monthly);
  const [first] = asked;
  await fetch(`${lent.apiBase}/v1/checkout/sessions`, { method: "POST", ...first });
  expect(await openPages()).toHaveLength(2);
  expect(await open(monthly)).toBe(url);
  expect(await openPages()).toEqual([idIn(url)]);
}, 60_000);

it("Stripe that answers late, when it has opened the page long since, opens one", async () => {
  await lent.fault({ kind: "late_answer", match: "POST /v1/checkout/sessions$", ms: 7_000, times: 1 });
  const url = await open(monthly);
  expect(await openPages()).toEqual([idIn(url)]);
}, 60_000);
