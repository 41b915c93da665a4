import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, CARD, createPlan, letSwitch, openBench } from "./testing/bench.ts";

let bench: Bench;
let stripe: Stripe;
let starter: Stripe.Price;
let pro: Stripe.Price;
/** In which customers change between the two. */
let configuration: string;
beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  [starter, pro] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
  configuration = await letSwitch(stripe, [starter, pro]);
});
afterAll(() => bench.close());

type Session = Partial<Stripe.BillingPortal.SessionCreateParams>;
type Flow = Stripe.BillingPortal.SessionCreateParams.FlowData;

async function subscriber(
  more: Partial<Stripe.SubscriptionCreateParams> = {},
  { test_clock }: { test_clock?: string } = {},
) {
  const { id: customer } = await stripe.customers.create({
    email: "portal@example.com",
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
    ...(test_clock && { test_clock }),
  });
  const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: starter.id }], ...more });
  const item = items.data[0]?.id ?? "";
  const open = (flow_data: Flow, session: Session = {}) =>
    stripe.billingPortal.sessions.create({
      customer,
      configuration,
      return_url: "http://localhost/account",
      flow_data,
      ...session,
    });
  return {
    customer,
    id,
    item,
    open,
    cancel: (session?: Session) =>
      open({ type: "subscription_cancel", subscription_cancel: { subscription: id } }, session),
    update: (session?: Session) =>
      open({ type: "subscription_update", subscription_update: { subscription: id } }, session),
    confirm: (change: { price?: string; quantity?: number } = { price: pro.id }, session?: Session) =>
      open(
        {
          type: "subscription_update_confirm",
          subscription_update_confirm: { subscription: id, items: [{ id: item, ...change }] },
          after_completion: { type: "redirect", redirect: { return_url: "http://localhost/changed" } },
        },
        session,
      ),
    now: () => stripe.subscriptions.retrieve(id),
  };
}

const pageOf = async (url: string) => (await fetch(url)).text();
/** Presses the only button of a page, whose form's fields are all hidden. */
async function press(url: string) {
  const fields = [...(await pageOf(url)).matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  return bench.submit(url, Object.fromEntries(fields));
}
const inWords = (text: string) => ({ type: "StripeInvalidRequestError", message: text });

describe("a change to confirm (https://docs.stripe.com/customer-management/portal-deep-links#subscription-update-confirm)", () => {
  test("shows what is due today, is made by one button, and leads where the flow says", async () => {
    const { confirm, now, item } = await subscriber();
    const session = await confirm();
    expect(session.flow).toMatchObject({
      type: "subscription_update_confirm",
      subscription_update_confirm: { items: [{ id: item, price: pro.id }] },
    });
    const page = await pageOf(session.url);
    for (const shown of ["€15.00 per month", "€45.00 per month", "Amount due today</span><span>€0.00"])
      expect(page).toContain(shown);
    expect((await press(session.url)).headers.get("location")).toBe("http://localhost/changed");
    expect((await now()).items.data).toMatchObject([{ price: { id: pro.id }, quantity: 1 }]);
  });

  test("another interval, and prorations that are invoiced at once, are due today as they are charged", async () => {
    const yearly = await createPlan(stripe, { unit_amount: 15_000, recurring: { interval: "year" } });
    for (const [price, proration_behavior, due] of [
      [yearly, "create_prorations", 13_500],
      [pro, "always_invoice", 3_000],
    ] as const) {
      const { confirm, customer } = await subscriber();
      const session = await confirm(
        { price: price.id },
        { configuration: await letSwitch(stripe, [price], { proration_behavior }) },
      );
      expect(await pageOf(session.url)).toContain(`Amount due today</span><span>€${due / 100}.00`);
      await press(session.url);
      expect((await stripe.invoices.list({ customer })).data[0]?.amount_paid).toBe(due);
    }
  });

  test("may be of the quantity, within the bounds", async () => {
    const { confirm, now } = await subscriber();
    await press((await confirm({ quantity: 3 })).url);
    expect((await now()).items.data).toMatchObject([{ price: { id: starter.id }, quantity: 3 }]);
    const products = [starter, pro].map(({ id, product }, place) => {
      const adjustable_quantity = { enabled: true, ...(place === 1 && { minimum: 4, maximum: 6 }) };
      return { product: String(product), prices: [id], adjustable_quantity };
    });
    const bounded = { configuration: await letSwitch(stripe, [starter, pro], { products }) };
    for (const change of [{ quantity: 0 }, { price: pro.id, quantity: 7 }, { price: pro.id, quantity: 2 }])
      await expect(confirm(change, bounded)).rejects.toThrow("does not include `quantity`");
    await press((await confirm({ price: pro.id, quantity: 6 }, bounded)).url);
    expect((await now()).items.data).toMatchObject([{ price: { id: pro.id }, quantity: 6 }]);
  });

  test("whose invoice cannot be charged is refused, and changes nothing", async () => {
    const dear = await createPlan(stripe, { unit_amount: 90_000_000 });
    const proration = { proration_behavior: "always_invoice" as const };
    const dearer = { configuration: await letSwitch(stripe, [starter, dear], proration) };
    const { id, now, update, confirm } = await subscriber();
    const before = await now();
    const form = { action: "update", subscription: id, price: dear.id, quantity: "2" };
    const refused = await bench.submit((await update(dearer)).url, form);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("Nothing was changed.")]);
    const { url } = await confirm({ price: dear.id, quantity: 2 }, dearer);
    expect(await (await fetch(url)).text()).toContain("nothing to change here");
    expect((await bench.submit(url, { action: "update" })).status).toBe(400);
    expect(await now()).toEqual(before);
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  });

  test("that was made in another tab is not made twice", async () => {
    const { confirm, now, customer } = await subscriber();
    const tabs = [await confirm(), await confirm()];
    const form = { action: "update", subscription: (await now()).id, price: pro.id, quantity: "1" };
    await press(tabs[0]?.url ?? "");
    expect(await pageOf(tabs[1]?.url ?? "")).toContain("There is nothing to change here any more.");
    expect((await bench.submit(tabs[1]?.url ?? "", form)).headers.get("location")).toBe("http://localhost/changed");
    expect((await stripe.invoiceItems.list({ customer, pending: true })).data).toHaveLength(2);
  });
});

describe("a flow is its one task, and the rest of the portal is not there (https://docs.stripe.com/customer-management/portal-deep-links)", () => {
  const AFTER = { type: "redirect" as const, redirect: { return_url: "http://localhost/done" } };
  const CONFIRMED = { type: "hosted_confirmation" as const, hosted_confirmation: { custom_message: "See you." } };
  /** What can be pressed, and where the page leads, without the badge of the test mode. */
  const waysOf = async (url: string) =>
    [...(await pageOf(url)).matchAll(/(?:name="action" value|class="main" type|<a href)="([^"]*)"/g)].map(
      ([, way]) => way,
    );
  const home = "http://localhost/account";

  test("each shows nothing to press but its task, and no way but back to the site", async () => {
    const { cancel, update, confirm, customer } = await subscriber();
    await subscriber().then(({ id }) => stripe.subscriptions.cancel(id));
    const card = { customer, return_url: home, flow_data: { type: "payment_method_update" as const } };
    for (const [{ url }, way] of [
      [await cancel(), "cancel"],
      [await update(), "update"],
      [await confirm(), "update"],
      [await stripe.billingPortal.sessions.create(card), "submit"],
    ] as const)
      expect((await waysOf(url)).filter((each) => each !== "submit" || way === "submit")).toEqual([home, way]);
  });

  test("does nothing else, of this subscription or another, and leads to no other page", async () => {
    const { id, item, confirm, open, now } = await subscriber();
    const { id: other } = await stripe.subscriptions.create({
      customer: (await now()).customer as string,
      items: [{ price: starter.id }],
    });
    const method = { type: "payment_method_update" as const, after_completion: AFTER };
    const sessions = [
      await open({ type: "subscription_cancel", subscription_cancel: { subscription: id }, after_completion: AFTER }),
      await open({
        type: "subscription_update",
        subscription_update: { subscription: id },
        after_completion: CONFIRMED,
      }),
      await confirm({ quantity: 2 }),
      await open(method),
    ];
    const allowed: Record<string, string> = { subscription_cancel: "cancel", subscription_update: "update" };
    for (const { url, flow } of sessions) {
      for (const subscription of [id, other])
        for (const action of ["cancel", "resume", "feedback", "update"]) {
          const isTask = subscription === id && action === allowed[flow?.type ?? ""];
          const confirms = flow?.type === "subscription_update_confirm" && action === "update";
          if (isTask || confirms) continue;
          const answer = await bench.submit(url, { action, subscription, price: pro.id, feedback: "other" });
          expect([400, 404]).toContain(answer.status);
        }
      for (const page of ["home", "payment-method"]) {
        expect((await fetch(`${url}/${page}`)).status).toBe(404);
        expect((await bench.submit(`${url}/${page}`, { action: "cancel", subscription: id, ...CARD })).status).toBe(
          404,
        );
      }
    }
    // What is confirmed is what the flow says, whatever the form does.
    await bench.submit(sessions[2]?.url ?? "", { action: "update", subscription: other, price: pro.id, quantity: "9" });
    expect(await now()).toMatchObject({
      cancel_at: null,
      items: { data: [{ id: item, price: { id: starter.id }, quantity: 2 }] },
    });
    expect(await stripe.subscriptions.retrieve(other)).toMatchObject({
      cancel_at: null,
      items: { data: [{ quantity: 1 }] },
    });
  });

  test("leads where it says when it is done: elsewhere, to a page of thanks that leads back, or to the portal", async () => {
    const { id, open, cancel, now } = await subscriber();
    const task = { type: "subscription_cancel" as const, subscription_cancel: { subscription: id } };
    const form = { action: "cancel", subscription: id };
    const [there, thanks, portal] = [
      await open({ ...task, after_completion: AFTER }),
      await open({ ...task, after_completion: CONFIRMED }),
      await cancel(),
    ];
    expect((await bench.submit(there.url, form)).headers.get("location")).toBe("http://localhost/done");
    expect((await now()).cancel_at).not.toBeNull();
    expect(await pageOf(portal.url)).toContain("There is nothing to cancel here any more.");
    expect(await waysOf(portal.url)).toEqual([home]);
    await stripe.subscriptions.update(id, { cancel_at: "" });
    const page = await (await bench.submit(thanks.url, form)).text();
    for (const shown of ["See you.", `href="${home}"`]) expect(page).toContain(shown);
    await stripe.subscriptions.update(id, { cancel_at: "" });
    expect((await bench.submit(portal.url, form)).headers.get("location")).toBe(`${portal.url}/home`);
    expect(await pageOf(`${portal.url}/home`)).toContain("Don't cancel subscription");
    expect((await bench.submit(`${portal.url}/home`, { ...form, action: "resume" })).status).toBe(303);
    expect((await now()).cancel_at).toBeNull();
  });
});

test("a change ends a trial, unless the configuration lets it go on (https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions)", async () => {
  for (const [trial_update_behavior, status] of [
    ["end_trial", "active"],
    ["continue_trial", "trialing"],
  ] as const) {
    const { confirm, now } = await subscriber({ trial_period_days: 7 });
    await press(
      (await confirm(undefined, { configuration: await letSwitch(stripe, [pro], { trial_update_behavior }) })).url,
    );
    expect(await now()).toMatchObject({ status, items: { data: [{ price: { id: pro.id } }] } });
  }
});

describe("a flow is refused (https://docs.stripe.com/api/customer_portal/sessions/create)", () => {
  test("of a subscription of somebody else, and without one", async () => {
    const [{ customer }, { id: subscription }] = [await subscriber(), await subscriber()];
    const open = (flow_data: Flow) => stripe.billingPortal.sessions.create({ customer, configuration, flow_data });
    await expect(open({ type: "subscription_cancel", subscription_cancel: { subscription } })).rejects.toMatchObject({
      code: "resource_missing",
      param: "flow_data[subscription_cancel][subscription]",
    });
    await expect(open({ type: "subscription_update_confirm" })).rejects.toMatchObject({
      code: "parameter_missing",
      param: "flow_data[subscription_update_confirm]",
    });
    // What is of another flow, as the SDK's comments say.
    await expect(open({ type: "payment_method_update", subscription_cancel: { subscription } })).rejects.toMatchObject({
      param: "flow_data[subscription_cancel]",
    });
  });

  test("whose feature is switched off, as switching plans is by default (https://docs.stripe.com/customer-management/configure-portal)", async () => {
    const { customer, cancel, update, confirm } = await subscriber();
    const [byDefault] = (await stripe.billingPortal.configurations.list({ is_default: true })).data;
    expect(byDefault?.features).toMatchObject({
      subscription_update: { enabled: false },
      subscription_cancel: { enabled: true, mode: "at_period_end" },
      payment_method_update: { enabled: true },
      invoice_history: { enabled: true },
    });
    const off = inWords(
      "This subscription cannot be updated because the subscription update feature in the portal configuration is disabled.",
    );
    const plain = { configuration: byDefault?.id ?? "" };
    await expect(update(plain)).rejects.toMatchObject(off);
    await expect(confirm(undefined, plain)).rejects.toMatchObject(off);
    const nothing = (
      await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } })
    ).id;
    await expect(cancel({ configuration: nothing })).rejects.toThrow(
      "subscription cancel feature in the portal configuration is disabled",
    );
    const card = stripe.billingPortal.sessions.create({
      customer,
      configuration: nothing,
      flow_data: { type: "payment_method_update" },
    });
    await expect(card).rejects.toThrow("payment method update feature in the portal configuration is disabled");
  });

  test("to a price that is not offered: not listed, archived, in another currency, with other tax, or there already", async () => {
    const { confirm, item } = await subscriber();
    const notOffered = (price: string, inside: string) =>
      inWords(
        `The item \`${item}\` cannot be updated to price \`${price}\` because the configuration \`${inside}\` does not include the price in its \`features[subscription_update][products]\`.`,
      );
    const [other, dollars, plusTax] = [
      await createPlan(stripe),
      await createPlan(stripe, { currency: "usd" }),
      await createPlan(stripe, { tax_behavior: "exclusive" }),
    ];
    const wide = await letSwitch(stripe, [dollars, plusTax]);
    await expect(confirm({ price: other.id })).rejects.toMatchObject(notOffered(other.id, configuration));
    for (const { id } of [dollars, plusTax])
      await expect(confirm({ price: id }, { configuration: wide })).rejects.toMatchObject(notOffered(id, wide));
    await stripe.prices.update(other.id, { active: false });
    await expect(confirm({ price: other.id })).rejects.toThrow("The price specified is inactive");
    for (const change of [{ price: starter.id }, { quantity: 1 }, {}]) {
      await expect(confirm(change)).rejects.toMatchObject(
        inWords("Cannot update the subscription because there are no changes to confirm."),
      );
    }
    const still = await letSwitch(stripe, [starter, pro], { default_allowed_updates: ["price"] });
    await expect(confirm({ quantity: 2 }, { configuration: still })).rejects.toThrow("does not include `quantity`");
  });

  test("where there is no other price to choose", async () => {
    const { update } = await subscriber();
    const alone = await letSwitch(stripe, [starter], { default_allowed_updates: ["price"] });
    await expect(update({ configuration: alone })).rejects.toMatchObject(
      inWords(
        "The subscription cannot be updated because there is no price in the portal configuration available to change to and the quantity cannot be changed.",
      ),
    );
  });

  test("to cancel what is ending or over already", async () => {
    const { id, cancel, update, confirm } = await subscriber();
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await expect(cancel()).rejects.toMatchObject(
      inWords(`The subscription \`${id}\` is already set to be canceled at period end.`),
    );
    await stripe.subscriptions.cancel(id);
    for (const open of [cancel, update, () => confirm()]) await expect(open()).rejects.toThrow("canceled");
  });
});

describe("the portal does not change (https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions)", () => {
  test("a subscription of several items, which can be cancelled", async () => {
    const { id, cancel, update, confirm } = await subscriber({
      items: [{ price: starter.id }, { price: (await createPlan(stripe)).id }],
    });
    const refused = inWords(`This PortalSession cannot update subscription \`${id}\` because it has multiple items.`);
    await expect(update()).rejects.toMatchObject(refused);
    await expect(confirm()).rejects.toMatchObject(refused);
    expect((await cancel()).url).toContain("/p/session/");
  });

  test("one by use, one whose invoices are sent, one whose first is not paid, and one whose price does not say how it is taxed", async () => {
    const meter = await stripe.billing.meters.create({
      display_name: "Calls",
      event_name: "calls",
      default_aggregation: { formula: "sum" },
    });
    const byUse = await createPlan(stripe, {
      recurring: { interval: "month", usage_type: "metered", meter: meter.id },
    });
    const untaxed = await createPlan(stripe, { tax_behavior: "unspecified" });
    for (const [more, reason] of [
      [{ items: [{ price: byUse.id }] }, "it uses usage-based billing"],
      [{ collection_method: "send_invoice", days_until_due: 7 }, "its invoices are sent"],
      [{ payment_behavior: "default_incomplete" }, "its first invoice is not paid"],
      [{ items: [{ price: untaxed.id }] }, "the tax behavior of its price is unspecified"],
    ] as const) {
      const { update, cancel } = await subscriber(more as object);
      await expect(update()).rejects.toThrow(reason);
      expect((await cancel()).url).toContain("/p/session/");
    }
  });

  test("nor cancel one with an update scheduled; a schedule without one keeps nobody from it", async () => {
    const { id, customer, cancel, update } = await subscriber();
    const { id: schedule, phases } = await stripe.subscriptionSchedules.create({ from_subscription: id });
    expect((await update()).url).toContain("/p/session/");
    const [phase] = phases;
    await stripe.subscriptionSchedules.update(schedule, {
      phases: [
        { items: [{ price: starter.id }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 },
        { items: [{ price: pro.id }] },
      ],
    });
    for (const open of [cancel, update]) await expect(open()).rejects.toThrow("it has an update scheduled");
    const { url } = await stripe.billingPortal.sessions.create({ customer, configuration });
    expect(await pageOf(url)).not.toContain("Change plan");
  });
});

describe("a configuration is refused (https://docs.stripe.com/api/customer_portal/configurations/create)", () => {
  const switching = (
    products: Stripe.BillingPortal.ConfigurationCreateParams.Features.SubscriptionUpdate.Product[],
  ) => ({
    payment_method_update: { enabled: true },
    subscription_update: { enabled: true, default_allowed_updates: ["price" as const], products },
  });
  const make = (features: Stripe.BillingPortal.ConfigurationCreateParams["features"]) =>
    stripe.billingPortal.configurations.create({ features });
  const of = (...prices: Stripe.Price[]) => ({
    product: String(prices[0]?.product),
    prices: prices.map(({ id }) => id),
  });

  test("that lets plans be switched and no card be changed, or names no product, or more than ten", async () => {
    await expect(make({ subscription_update: switching([of(pro)]).subscription_update })).rejects.toMatchObject(
      inWords("Cannot enable subscription updates while payment method update is disabled."),
    );
    await expect(make(switching([]))).rejects.toMatchObject({ param: "features[subscription_update][products]" });
    const many = await Promise.all(Array.from({ length: 11 }, async () => of(await createPlan(stripe))));
    await expect(make(switching(many))).rejects.toMatchObject({ param: "features[subscription_update][products]" });
  });

  test("that names a price twice for an interval, one by use, one paid once, another product's, or an archived one, also later", async () => {
    const twin = await stripe.prices.create({
      product: String(pro.product),
      currency: "usd",
      unit_amount: 5000,
      recurring: { interval: "month" },
    });
    await expect(make(switching([of(pro, twin)]))).rejects.toThrow("the same product and recurring interval");
    const once = await stripe.prices.create({ product: String(pro.product), currency: "eur", unit_amount: 100 });
    await expect(make(switching([of(once)]))).rejects.toThrow("Only active, per unit licensed prices are supported.");
    await expect(make(switching([{ product: String(pro.product), prices: [starter.id] }]))).rejects.toThrow("belong");
    const old = await createPlan(stripe);
    const { id } = await make(switching([of(old), of(pro)]));
    await stripe.prices.update(old.id, { active: false });
    await expect(
      stripe.billingPortal.configurations.update(id, { features: { invoice_history: { enabled: true } } }),
    ).rejects.toThrow("Only active, per unit licensed prices are supported.");
  });
});
