import { applyEvents, noteAnew } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { event, id as newId } from "../builders.ts";
import { nextSecond } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createRelay } from "../parts/relay.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let relay: ReturnType<typeof createRelay>;
let [starter, pro, addOn] = ["", "", ""];
let customer: string;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  relay = createRelay(supabase, lent, shop);
  [starter, pro] = [(await shop.sell("monthly")).id, (await shop.sell("monthly")).id];
  addOn = (await shop.sell("monthly", { group: "add-ons", amount: 500 })).id;
  customer = await relay.newCustomer(await shop.newUser());
});

/** A paid subscription to several things, in the mirror as well. */
async function subscribeTo(prices: string[]): Promise<string> {
  await nextSecond(); // which of two is the older one is told by the second
  const items = prices.map((price) => ({ price }));
  const { id } = await lent.stripe.subscriptions.create({ customer, items, metadata: { sold_by: "turnpike" } });
  await noteAnew(shop.billing, "subscription", id);
  return id;
}

const DAY = 24 * 60 * 60;

async function buyTwice(): Promise<[string, string]> {
  const older = await relay.subscribe(customer, starter);
  await nextSecond();
  return [older, await relay.subscribe(customer, pro)];
}

/** A Stripe that shows these subscriptions with other fields. */
const showing = (changed: Record<string, (held: { created: number }) => object>) =>
  standBefore(lent, async ({ method, url = "" }, response) => {
    const id = url.match(/^\/v1\/subscriptions\/(sub_\w+)$/)?.[1] ?? "";
    if (method !== "GET" || !changed[id]) return;
    const held = await lent.stripe.subscriptions.retrieve(id);
    response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
    response.end(JSON.stringify({ ...held, ...changed[id](held) }));
  });
const madeDaysAgo =
  (days: number, more: object = {}) =>
  ({ created }: { created: number }) => ({ created: created - days * DAY, ...more });

describe("nothing is undone, and it is told,", () => {
  const bothStand = async ([older, younger]: [string, string], because: string, settings = {}) => {
    const [mail] = await relay.run(settings);
    expect(mail?.lines).toEqual([expect.stringContaining(because)]);
    expect([await relay.statusOf(older), await relay.statusOf(younger)]).not.toContain("canceled");
    expect(await relay.paidBack(younger)).toMatchObject({ back: 0 });
  };

  it("when the younger one has run for days: a year that was used for months is not given back", async () => {
    const [older, younger] = await buyTwice();
    const { stripe } = await showing({ [older]: madeDaysAgo(90), [younger]: madeDaysAgo(4) });
    await nextSecond();
    await bothStand([older, younger], "has run for days", { stripe });
  });

  it("when the customer's credit was used for the younger one: a refund would not bring it back", async () => {
    const older = await relay.subscribe(customer, starter);
    await lent.stripe.customers.update(customer, { balance: -1000 });
    await nextSecond();
    await bothStand([older, await relay.subscribe(customer, pro)], "credit was used");
  });

  it("when something else was billed with the younger one: that was not bought twice", async () => {
    const pair = await buyTwice();
    const billing = await standBefore(lent, async ({ url = "", headers }, response) => {
      if (!url.startsWith("/v1/invoices?")) return;
      const { authorization = "", "stripe-version": version = "" } = headers;
      const asked = { headers: { authorization, "stripe-version": `${version}` } };
      const list = (await (await fetch(lent.apiBase + url, asked)).json()) as Stripe.ApiList<Stripe.Invoice>;
      const [line] = list.data[0]?.lines.data ?? [];
      const parent = { type: "invoice_item_details", invoice_item_details: { subscription: null } };
      list.data[0]?.lines.data.push({ ...line, parent } as Stripe.InvoiceLineItem);
      response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
      response.end(JSON.stringify(list));
    });
    await bothStand(pair, "something else was billed", { stripe: billing.stripe });
  });

  it("when the older one is a trial without a card, which ends by itself", async () => {
    const { id: older } = await lent.stripe.subscriptions.create({
      customer,
      items: [{ price: starter }],
      metadata: { sold_by: "turnpike" },
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
    });
    await noteAnew(shop.billing, "subscription", older);
    await nextSecond();
    await bothStand([older, await relay.subscribe(customer, pro)], "ends by itself");
  });

  it.each([
    ["an add-on, and the younger one its plan", () => [addOn], () => [pro, addOn]],
    ["the plan, and the younger one an add-on, too", () => [pro], () => [addOn, pro]],
  ])("when the older one is of %s", async (_, older, younger) => {
    await bothStand(
      [await subscribeTo(older()), await subscribeTo(younger())],
      "has something that the older one has not",
    );
  });

  it("when the older one is paused, and takes nothing", async () => {
    const pair = await buyTwice();
    await lent.stripe.subscriptions.update(pair[0], { pause_collection: { behavior: "void" } });
    await bothStand(pair, "paused");
  });
});

it("what the older one has all of is undone: an add-on that is bought beside the plan that has it", async () => {
  const [older, younger] = [await subscribeTo([pro, addOn]), await subscribeTo([addOn])];
  await relay.run();
  expect([await relay.statusOf(older), await relay.statusOf(younger)]).toEqual(["active", "canceled"]);
});

it("a trial with a card is one that stands", async () => {
  const { id: older } = await lent.stripe.subscriptions.create({
    customer,
    items: [{ price: starter }],
    metadata: { sold_by: "turnpike" },
    trial_period_days: 7,
  });
  await noteAnew(shop.billing, "subscription", older);
  await nextSecond();
  const younger = await relay.subscribe(customer, pro);
  await relay.run();
  expect([await relay.statusOf(older), await relay.statusOf(younger)]).toEqual(["trialing", "canceled"]);
});

it("whoever cancels the younger one in the portal, with words like ours, decides nothing about money", async () => {
  const [older, younger] = await buyTwice();
  const comment = `Turnpike: bought beside ${older}`;
  await lent.stripe.subscriptions.cancel(younger, { cancellation_details: { comment } });
  const { stripe } = await showing({ [younger]: madeDaysAgo(4) });
  const [mail] = await relay.run({ stripe });
  expect(mail?.lines).toEqual([expect.stringContaining("not paid back: the younger one has run for days")]);
  expect(await relay.paidBack(younger)).toMatchObject({ back: 0 });
});

it("a refund that Stripe answers as failed is told as one that a person has to see to", async () => {
  await buyTwice();
  const failing = await standBefore(lent, ({ method, url }, response) => {
    if (method !== "POST" || url !== "/v1/refunds") return;
    const refund = {
      id: newId("re"),
      object: "refund",
      charge: null,
      payment_intent: null,
      currency: "usd",
      amount: 2900,
    };
    response.writeHead(200, { "content-type": "application/json", date: new Date().toUTCString() });
    response.end(JSON.stringify({ ...refund, status: "failed", created: Math.floor(Date.now() / 1000) }));
  });
  const [mail] = await relay.run({ stripe: failing.stripe });
  expect(mail?.lines).toEqual([expect.stringMatching(/refuses to pay it back \(failed\)\. Do that by hand/)]);
});

it("a refund that fails days later, at the bank, is told", async () => {
  const [, younger] = await buyTwice();
  await relay.run();
  const invoice = (await lent.stripe.invoices.list({ subscription: younger, expand: ["data.payments"] })).data[0];
  const payment_intent = `${invoice?.payments?.data[0]?.payment.payment_intent}`;
  const [refund] = (await lent.stripe.refunds.list({ payment_intent })).data;
  const failed = { ...refund, status: "failed", failure_reason: "lost_or_stolen_card" };
  await applyEvents(shop.billing, [event("refund.failed", failed as never, Math.floor(Date.now() / 1000) + 2)]);
  const [mail] = await relay.run();
  expect(mail).toMatchObject({ subject: "A refund did not arrive", lines: [expect.stringContaining(`${refund?.id}`)] });
});

it("a change of plan that leads into the group of another subscription is noticed", async () => {
  const addOn = await shop.sell("monthly", { group: "add-on" });
  const changing = await relay.subscribe(customer, addOn.id);
  await nextSecond();
  const other = await relay.subscribe(customer, pro);
  expect(await relay.notices("double_subscription")).toEqual([]);
  await nextSecond();
  const [item] = (await lent.stripe.subscriptions.retrieve(changing)).items.data;
  const items = [{ id: item?.id ?? "", price: starter }];
  await lent.stripe.subscriptions.update(changing, { items, proration_behavior: "none" });
  await noteAnew(shop.billing, "subscription", changing);
  expect(await relay.notices("double_subscription")).toMatchObject([{ object_id: other }]);
});

it("what is added to a subscription and leads into the group of another one is noticed", async () => {
  const changing = await subscribeTo([addOn]);
  const other = await subscribeTo([pro]);
  expect(await relay.notices("double_subscription")).toEqual([]);
  await nextSecond();
  await lent.stripe.subscriptions.update(changing, { items: [{ price: starter }], proration_behavior: "none" });
  await noteAnew(shop.billing, "subscription", changing);
  expect(await relay.notices("double_subscription")).toMatchObject([{ object_id: other }]);
});
