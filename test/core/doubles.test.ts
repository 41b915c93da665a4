import { openCheckout } from "@turnpike/core/checkout";
import { noteAnew } from "@turnpike/core/mirror";
import { beforeEach, describe, expect, it } from "vitest";
import { nextSecond } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { addUser } from "../parts/people.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let relay: ReturnType<typeof createRelay>;
let [starter, pro] = ["", ""];
let customer: string;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  relay = createRelay(supabase, lent, shop);
  [starter, pro] = [(await shop.sell("monthly")).id, (await shop.sell("monthly")).id];
  customer = await relay.newCustomer(await shop.newUser());
});

const doubles = async () => (await relay.notices("double_subscription")).map(({ object_id }) => object_id);
async function buyTwice(...metadata: Record<string, string>[]): Promise<[string, string]> {
  const older = await relay.subscribe(customer, starter, metadata[0]);
  await nextSecond();
  return [older, await relay.subscribe(customer, pro, metadata[1] ?? metadata[0])];
}

/** Two who buy signed out, as the same: what they buy, and all that Stripe tells of it, the last first. */
async function twoGuests() {
  const email = `${crypto.randomUUID()}@example.com`;
  const { data: before } = await lent.stripe.events.list({ limit: 1 });
  const buy = async (price: string) =>
    shop.pay(await openCheckout(shop.billing, undefined, shop.purchase(price)), { email });
  await buy(starter);
  await nextSecond();
  await buy(pro);
  const { data } = await lent.stripe.events.list({ limit: 100, ...(before[0] && { ending_before: before[0].id }) });
  await shop.apply(...data);
  const { data: bought } = await lent.stripe.subscriptions.list({ limit: 2 });
  return { email, guests: bought.map(({ id }) => id).reverse() as [string, string] };
}

describe("two live subscriptions of one payer are written down in the transaction that brings the second,", () => {
  it("about the younger one, whichever of them arrives last", async () => {
    const { stripe } = lent;
    const create = () => stripe.subscriptions.create({ customer, items: [{ price: pro }] });
    const older = await create();
    await nextSecond();
    const younger = await create();
    for (const { id } of [younger, older]) await noteAnew(shop.billing, "subscription", id);
    expect(await doubles()).toEqual([younger.id]);
  });

  it("of one customer that is nobody's", async () => {
    customer = await relay.newCustomer();
    const [, younger] = await buyTwice();
    expect(await doubles()).toEqual([younger]);
  });

  it("of two customers when the second is found to be the same payer's", async () => {
    const user = await shop.newUser();
    const [own, guest] = [await relay.newCustomer(user), await relay.newCustomer()];
    await relay.subscribe(own, pro);
    await nextSecond();
    const younger = await relay.subscribe(guest, pro);
    expect(await doubles()).toEqual([]);
    await supabase.query("update customers set user_id = $1, owned_by = 'email' where id = $2", [user.id, guest]);
    expect(await doubles()).toEqual([younger]);
  });

  it("of two guests who paid with one address, when they sign up", async () => {
    const { email, guests } = await twoGuests();
    expect(await doubles()).toEqual([]);
    await addUser(supabase, { email });
    expect(await doubles()).toEqual([guests[1]]);
  });

  it("of an organisation", async () => {
    const [one, other] = [
      await relay.newCustomer(undefined, { organization_id: "acme" }),
      await relay.newCustomer(undefined, { organization_id: "acme" }),
    ];
    await relay.subscribe(one, pro);
    await nextSecond();
    const younger = await relay.subscribe(other, pro);
    await relay.subscribe(await relay.newCustomer(undefined, { organization_id: "other" }), pro);
    expect(await doubles()).toEqual([younger]);
  });

  it("when one that waited for its payment becomes live", async () => {
    await relay.subscribe(customer, starter);
    await nextSecond();
    const waiting = await relay.subscribe(customer, pro);
    await supabase.query("update user_subscriptions set status = 'incomplete', as_of = '-infinity' where id = $1", [
      waiting,
    ]);
    await supabase.query("delete from billing.outbox");
    await noteAnew(shop.billing, "subscription", waiting);
    expect(await doubles()).toEqual([waiting]);
  });

  it("and not of two payers, nor of groups that stand beside each other, nor beside one that has ended", async () => {
    await relay.subscribe(customer, starter);
    await relay.subscribe(await relay.newCustomer(await shop.newUser()), pro);
    const addOn = await lent.stripe.products.create({ name: "Add-on", metadata: { subscription_group: "add-ons" } });
    await noteAnew(shop.billing, "product", addOn.id);
    await relay.subscribe(customer, (await shop.sell("monthly", { product: addOn.id })).id);
    expect(await doubles()).toEqual([]);

    const other = await relay.newCustomer(await shop.newUser());
    const ended = await relay.subscribe(other, starter);
    await lent.stripe.subscriptions.cancel(ended);
    await noteAnew(shop.billing, "subscription", ended);
    await relay.subscribe(other, pro);
    expect(await doubles()).toEqual([]);
  });

  it("of one group, however it is written", async () => {
    const bought: string[] = [];
    for (const group of ["Höhlen", " hÖhlen", "HÖHLEN\t", "\u00a0höhlen\n"])
      bought.push(await relay.subscribe(customer, (await shop.sell("monthly", { group })).id));
    expect(await doubles()).toHaveLength(bought.length - 1);
  });

  it("of a product that has not arrived, for Stripe to say which group it is of", async () => {
    const { stripe } = lent;
    const ofGroup = async (subscription_group: string) => {
      const { id } = await stripe.products.create({ name: "Hosting", metadata: { subscription_group } });
      return { id, price: (await shop.sell("monthly", { product: id })).id };
    };
    const [known, same, other] = [await ofGroup("hosting"), await ofGroup("hosting"), await ofGroup("beside")];
    await noteAnew(shop.billing, "product", known.id);
    await supabase.query("delete from products where id = any ($1)", [[same.id, other.id]]);
    const bought: string[] = [];
    for (const { price } of [known, same, other]) {
      bought.push(await relay.subscribe(customer, price));
      await nextSecond();
    }
    expect((await doubles()).sort()).toEqual(bought.slice(1).sort());
    await relay.run();
    expect(await Promise.all(bought.map(relay.statusOf))).toEqual(["active", "canceled", "active"]);
  });

  it("once, however often they are seen", async () => {
    const both = await buyTwice();
    for (const id of [...both, ...both]) await noteAnew(shop.billing, "subscription", id);
    expect(await doubles()).toHaveLength(1);
  });
});

describe("the younger of two that our own pages sold", () => {
  it("is cancelled, its payment is given back whole, and the operator is told", async () => {
    const [older, younger] = await buyTwice();
    const [mail] = await relay.run();
    expect([await relay.statusOf(older), await relay.statusOf(younger)]).toEqual(["active", "canceled"]);
    expect(await relay.paidBack(younger)).toEqual({ paid: 2900, back: 2900, refunds: 1 });
    expect(await relay.paidBack(older)).toMatchObject({ back: 0 });
    expect(mail).toMatchObject({ subject: "Somebody has two subscriptions" });
    expect(mail?.lines).toEqual([expect.stringContaining("its payment is given back")]);
    const mirrored = await supabase.query("select status from user_subscriptions where id = $1", [younger]);
    expect(mirrored).toEqual([{ status: "canceled" }]);
  });

  it("is undone also where both were bought by a guest, who signs up later", async () => {
    const { email, guests } = await twoGuests();
    const unconfirmed = await addUser(supabase, { email, confirmed: false });
    expect(await relay.run()).toEqual([]);
    await supabase.query("update auth.users set email_confirmed_at = now() where id = $1", [unconfirmed.id]);
    await relay.run();
    expect(await Promise.all(guests.map(relay.statusOf))).toEqual(["active", "canceled"]);
    expect(await relay.paidBack(guests[1])).toEqual({ paid: 2900, back: 2900, refunds: 1 });
    expect(await relay.paidBack(guests[0])).toMatchObject({ back: 0 });
  });

  it("of three, leaves the oldest alone", async () => {
    const [older, second] = await buyTwice();
    await nextSecond();
    const third = await relay.subscribe(customer, pro);
    await relay.run();
    expect(await Promise.all([older, second, third].map(relay.statusOf))).toEqual(["active", "canceled", "canceled"]);
  });

  it("is paid back also when the process died after it was cancelled, and once when it died after that", async () => {
    const [, younger] = await buyTwice();
    let dead = false;
    const dying = await standBefore(lent, (request, response) => {
      if (request.url !== "/v1/refunds") return;
      dead = true;
      refuseForNow(response);
    });
    await relay.run({ stripe: dying.stripe });
    expect(dead).toBe(true);
    expect(await relay.statusOf(younger)).toBe("canceled");
    expect(await relay.paidBack(younger)).toMatchObject({ back: 0 });
    await relay.wait("1 hour");
    await relay.run({ tell: () => Promise.reject(new Error("no mail")) });
    expect(await relay.paidBack(younger)).toMatchObject({ back: 2900 });
    await relay.wait("1 hour");
    const [mail] = await relay.run();
    expect(mail?.lines).toEqual([expect.stringContaining("its payment is given back")]);
    expect(await relay.paidBack(younger)).toEqual({ paid: 2900, back: 2900, refunds: 1 });
  });

  it("is paid back once by two relays at once", async () => {
    const [, younger] = await buyTwice();
    await supabase.query(
      "insert into billing.outbox (source_id, kind, object_id) values ('again', 'double_subscription', $1)",
      [younger],
    );
    await Promise.all([relay.run(), relay.run()]);
    expect(await relay.paidBack(younger)).toEqual({ paid: 2900, back: 2900, refunds: 1 });
  });

  it("is cancelled when nothing was paid for it", async () => {
    const older = await relay.subscribe(customer, starter);
    await nextSecond();
    const { stripe } = lent;
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: pro }],
      trial_period_days: 7,
      metadata: { sold_by: "turnpike" },
    });
    await noteAnew(shop.billing, "subscription", id);
    const [mail] = await relay.run();
    expect([await relay.statusOf(older), await relay.statusOf(id)]).toEqual(["active", "canceled"]);
    expect(mail?.lines.join()).toContain("nothing had been paid");
  });
});

describe("nothing is undone, and it is told,", () => {
  const bothStand = async ([older, younger]: [string, string], because: string, settings = {}) => {
    const [mail] = await relay.run(settings);
    expect(mail?.lines).toEqual([expect.stringContaining(because)]);
    expect(mail?.lines.join()).toContain(younger);
    expect(await relay.statusOf(older)).not.toBe("canceled");
    expect(await relay.statusOf(younger)).toBe("active");
    expect(await relay.paidBack(younger)).toMatchObject({ back: 0 });
  };

  it.each([
    ["the older", [{}, { sold_by: "turnpike" }]],
    ["the younger", [{ sold_by: "turnpike" }, {}]],
  ] as const)("when %s was sold elsewhere", async (_, metadata) => {
    await bothStand(await buyTwice(...metadata), "not sold by the product's own pages");
  });

  it("with ON_DOUBLE_SUBSCRIPTION=report", async () => {
    await bothStand(await buyTwice(), "is report", { onDoubleSubscription: "report" });
  });

  it("when the older one is about to end: whoever lost the younger would have none", async () => {
    const pair = await buyTwice();
    await lent.stripe.subscriptions.update(pair[0], { cancel_at_period_end: true });
    await bothStand(pair, "about to end");
  });

  it("when the older one is not paid", async () => {
    const pair = await buyTwice();
    const clone = await standBefore(lent, async (request, response) => {
      if (request.url !== `/v1/subscriptions/${pair[0]}` || request.method !== "GET") return;
      const older = { ...(await lent.stripe.subscriptions.retrieve(pair[0])), status: "past_due" };
      response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
      response.end(JSON.stringify(older));
    });
    await nextSecond();
    await bothStand(pair, "the older one is past_due", { stripe: clone.stripe });
  });

  it("when the younger one has been billed again: months that were used are not given back", async () => {
    const pair = await buyTwice();
    const [{ id: item, price } = { id: "", price: { product: "" } }] = (
      await lent.stripe.subscriptions.retrieve(pair[1])
    ).items.data;
    const { id: dearer } = await lent.stripe.prices.create({
      product: `${price.product}`,
      currency: "usd",
      unit_amount: 9900,
      recurring: { interval: "month" },
    });
    const items = [{ id: item, price: dearer }];
    await lent.stripe.subscriptions.update(pair[1], { items, proration_behavior: "always_invoice" });
    expect((await lent.stripe.invoices.list({ subscription: pair[1] })).data.length).toBe(2);
    await bothStand(pair, "billed again since");
  });
});

it("what is none any more at Stripe is no double, whatever the mirror still shows", async () => {
  const [older, younger] = await buyTwice();
  await lent.stripe.subscriptions.cancel(older);
  expect(await relay.run()).toEqual([]);
  expect(await relay.statusOf(younger)).toBe("active");
});

it("what a product's metadata says now decides, whatever the mirror still shows", async () => {
  const [, younger] = await buyTwice();
  const { product } = await lent.stripe.prices.retrieve(pro);
  await nextSecond();
  await lent.stripe.products.update(`${product}`, { metadata: { subscription_group: "beside" } });
  expect(await relay.run()).toEqual([]);
  expect(await relay.statusOf(younger)).toBe("active");
});
