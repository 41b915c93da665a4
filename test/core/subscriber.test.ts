import type { ServerResponse } from "node:http";
import { openCheckout } from "@turnpike/core/checkout";
import { openPortal } from "@turnpike/core/portal";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { customer, event, subscription } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, LONG_AGO, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: { id: string; product: string };
let yearly: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = await shop.sell("monthly");
  yearly = (await shop.sell("monthly", { product: plan.product })).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const open = (user: User | undefined, priceId: string) => openCheckout(shop.billing, user, shop.purchase(priceId));
const portalOf = async () => (await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer;
const subscriptionsOf = async (customerId: string) =>
  (await lent.stripe.subscriptions.list({ customer: customerId, status: "all" })).data;
const customersOf = async (user: User) =>
  (await supabase.query<{ id: string }>("select id from customers where user_id = $1 order by id", [user.id])).map(
    ({ id }) => id,
  );

/** A customer of this user at Stripe and in the mirror. */
async function addCustomer(user: User) {
  const made = await lent.stripe.customers.create({ email: user.email, metadata: { user_id: user.id } });
  await shop.apply(event("customer.created", customer({ id: made.id, metadata: made.metadata }), LONG_AGO));
  return made.id;
}

/** A customer of this user as a guest, whom the mirror shows as theirs. */
async function addGuest(user: User) {
  const { id } = await lent.stripe.customers.create({ email: user.email });
  await supabase.query("insert into customers (id, user_id, owned_by) values ($1, $2, 'email')", [id, user.id]);
  return id;
}

const subscribe = (customerId: string, price: string, more: Stripe.SubscriptionCreateParams.Item[] = []) =>
  lent.stripe.subscriptions.create({
    customer: customerId,
    items: [{ price }, ...more],
    payment_behavior: "allow_incomplete",
    trial_period_days: 7,
  });

describe("nothing is sold twice, though no event has come: a subscriber is led to the portal", () => {
  it("after the page was paid, for the same plan, another price of it, and another plan", async () => {
    const [user, other] = [await shop.newUser(), await shop.sell("monthly")];
    await shop.pay(await open(user, plan.id));
    for (const priceId of [plan.id, yearly, other.id]) expect(await open(user, priceId)).toContain("/p/session/");
    const [customerId = ""] = await customersOf(user);
    expect(await portalOf()).toBe(customerId);
    expect(await subscriptionsOf(customerId)).toHaveLength(1);
    const rows = await supabase.query("select status from user_subscriptions where customer_id = $1", [customerId]);
    expect(rows).toEqual([{ status: "active" }]); // as Stripe said when it was asked
  });

  it.each(["trialing", "active", "past_due", "unpaid", "paused", "incomplete", "a status of the years to come"])(
    "whose subscription is %s",
    async (status) => {
      const user = await shop.newUser();
      const held = subscription({ customer: await addCustomer(user), status: status as never });
      const { stripe } = await standBefore(lent, answerSubscriptions([held]));
      const url = await openCheckout({ ...shop.billing, stripe }, user, shop.purchase(plan.id));
      expect(url).toContain("/p/session/");
      expect((await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params).toEqual({
        customer: held.customer,
        return_url: `${SITE}/account`,
      });
    },
  );

  it("also when its group is written otherwise", async () => {
    const [user, held] = [await shop.newUser(), await shop.sell("monthly", { group: "Höhlen" })];
    await subscribe(await addCustomer(user), held.id);
    for (const group of [" hÖhlen", "HÖHLEN\t", "\u00a0höhlen\n"])
      expect(await open(user, (await shop.sell("monthly", { group })).id)).toContain("/p/session/");
  });

  it("also when it is only one of the subscription's products", async () => {
    const [user, addOn] = [await shop.newUser(), await shop.sell("monthly", { group: "add-on" })];
    await subscribe(await addCustomer(user), addOn.id, [{ price: plan.id }]);
    for (const priceId of [plan.id, addOn.id]) expect(await open(user, priceId)).toContain("/p/session/");
  });

  it("also when the mirror does not know its product yet, whose group Stripe tells", async () => {
    const [user, group] = [await shop.newUser(), "suite"];
    const { id: product } = await lent.stripe.products.create({
      name: "Unknown",
      metadata: { subscription_group: group },
    });
    const recurring = { interval: "month" } as const;
    const held = await lent.stripe.prices.create({ product, currency: "usd", unit_amount: 900, recurring });
    await subscribe(await addCustomer(user), held.id);
    expect(await open(user, (await shop.sell("monthly", { group })).id)).toContain("/p/session/");
    expect(await open(user, plan.id)).toContain("/c/pay/");
  });

  it("also when another customer of theirs holds it: that one's portal opens", async () => {
    const user = await shop.newUser();
    const own = await addCustomer(user);
    const guest = await addGuest(user);
    await subscribe(guest, plan.id);
    expect(await open(user, plan.id)).toContain("/p/session/");
    expect(await portalOf()).toBe(guest);
    expect(await subscriptionsOf(own)).toEqual([]);
  });

  it("also when they bought it as a guest with their confirmed address, or it was made for them by hand, a moment ago", async () => {
    const [user, support] = [await shop.newUser(), await shop.newUser()];
    await shop.pay(await open(undefined, plan.id), { email: user.email });
    const { id } = await lent.stripe.customers.create({ email: support.email });
    await subscribe(id, yearly);
    for (const buyer of [user, support]) expect(await open(buyer, plan.id)).toContain("/p/session/");
    const stranger = await shop.newUser();
    await supabase.query("update auth.users set email_confirmed_at = null, email = $1 where id = $2", [
      `${user.email}.example`,
      stranger.id,
    ]);
    expect(await open(stranger, plan.id)).toContain("/c/pay/");
  });

  it("and who has the use of what another pays for is told so: that portal is not theirs", async () => {
    const user = await shop.newUser();
    const { id } = await lent.stripe.customers.create({ email: "another@example.com" });
    await supabase.query("insert into customers (id, named_user_id) values ($1, $2)", [id, user.id]);
    const held = await subscribe(id, plan.id);
    await expect(open(user, yearly)).rejects.toMatchObject({ name: "BillingError", code: "paid_by_another" });
    await expect(openPortal(shop.billing, user, { returnUrl: SITE })).rejects.toMatchObject({
      code: "paid_by_another",
    });
    await lent.stripe.subscriptions.cancel(held.id);
    await expect(openPortal(shop.billing, user, { returnUrl: SITE })).rejects.toMatchObject({
      code: "no_billing_account",
    });
    expect(await open(user, plan.id)).toContain("/c/pay/");
  });

  it("but who was given it by another payer, who is known, may buy their own: nobody pays twice", async () => {
    const [user, giver] = [await shop.newUser(), await shop.newUser()];
    const given = await addCustomer(giver);
    await supabase.query("update customers set named_user_id = $1 where id = $2", [user.id, given]);
    await subscribe(given, plan.id);
    await expect(openPortal(shop.billing, user, { returnUrl: SITE })).rejects.toMatchObject({
      code: "no_billing_account",
    });
    expect(await open(user, plan.id)).toContain("/c/pay/");
    expect(await open(giver, plan.id)).toContain("/p/session/");
  });

  it("and also when somebody has bought another for them: it keeps nobody from what is theirs", async () => {
    const user = await shop.newUser();
    await shop.pay(await open(user, plan.id));
    const { id } = await lent.stripe.customers.create({ email: "another@example.com" });
    await supabase.query("insert into customers (id, named_user_id) values ($1, $2)", [id, user.id]);
    const given = await subscribe(id, plan.id);
    expect(await open(user, yearly)).toContain("/p/session/");

    const [own = ""] = await customersOf(user);
    for (const { id: held } of (await lent.stripe.subscriptions.list({ customer: own })).data) {
      await lent.stripe.subscriptions.cancel(held);
    }
    await expect(open(user, yearly)).rejects.toMatchObject({ code: "paid_by_another" });
    await lent.stripe.subscriptions.cancel(given.id);
    expect(await open(user, yearly)).toContain("/c/pay/");
  });

  it("but who has agreed on one that begins later is told so, and the page that stood open is closed", async () => {
    const [user, beside] = [await shop.newUser(), await shop.sell("monthly", { group: "beside" })];
    const url = await open(user, yearly);
    const [customer = ""] = await customersOf(user);
    const start_date = Math.floor(Date.now() / 1000) + 86_400;
    const { id } = await lent.stripe.subscriptionSchedules.create({
      customer,
      start_date,
      phases: [{ items: [{ price: plan.id }] }],
    });
    await expect(open(user, yearly)).rejects.toMatchObject({ code: "subscription_scheduled" });
    const session = await lent.stripe.checkout.sessions.retrieve(url.match(/cs_\w+/)?.[0] ?? "");
    expect(session.status).toBe("expired");
    expect(await open(user, beside.id)).toContain("/c/pay/");
    await lent.stripe.subscriptionSchedules.cancel(id);
    expect(await open(user, yearly)).toContain("/c/pay/");
  });

  it("and a page that stands open is closed: nothing more can be paid", async () => {
    const user = await shop.newUser();
    const first = await open(user, plan.id);
    const [customerId = ""] = await customersOf(user);
    await subscribe(customerId, yearly);
    expect(await open(user, plan.id)).toContain("/p/session/");
    const { status } = await lent.stripe.checkout.sessions.retrieve(first.match(/cs_\w+/)?.[0] ?? "");
    expect(status).toBe("expired");
  });
});

describe("may buy", () => {
  it.each(["incomplete_expired", "canceled"])("whoever's subscription is %s", async (status) => {
    const user = await shop.newUser();
    const held = subscription({ customer: await addCustomer(user), status: status as never });
    const { stripe } = await standBefore(lent, answerSubscriptions([held]));
    const url = await openCheckout({ ...shop.billing, stripe }, user, shop.purchase(plan.id));
    expect(url).toContain("/c/pay/");
  });

  it("whoever's subscription ended at Stripe a moment ago, though the mirror shows it running", async () => {
    const user = await shop.newUser();
    const held = await subscribe(await addCustomer(user), plan.id);
    await shop.apply(event("customer.subscription.created", held, LONG_AGO));
    await lent.stripe.subscriptions.cancel(held.id);
    expect(await open(user, plan.id)).toContain("/c/pay/");
  });

  it("a subscriber: what is of another group, and once what the subscription is of", async () => {
    const user = await shop.newUser();
    await subscribe(await addCustomer(user), plan.id);
    const [addOn, seat] = [
      await shop.sell("monthly", { group: "add-on" }),
      await shop.sell("monthly", { group: "seats" }),
    ];
    const once = await shop.sell("once", { product: plan.product });
    for (const { id } of [addOn, seat, once]) expect(await open(user, id)).toContain("/c/pay/");
  });

  it("somebody else, and a guest", async () => {
    await subscribe(await addCustomer(await shop.newUser()), plan.id);
    expect(await open(await shop.newUser(), plan.id)).toContain("/c/pay/");
    expect(await open(undefined, plan.id)).toContain("/c/pay/");
  });
});

describe("the portal that opens", () => {
  const openFor = async (user: User, wish: { subscriptionId?: string } = {}) => {
    await openPortal(shop.billing, user, { returnUrl: SITE, ...wish });
    return portalOf();
  };

  it("is that of the customer who holds the running subscription, whichever it is and though no event came", async () => {
    for (const holder of [0, 1, 2]) {
      const user = await shop.newUser();
      const customers = [await addCustomer(user), await addGuest(user), await addGuest(user)];
      const past = await subscribe(customers[(holder + 1) % 3] ?? "", plan.id);
      await lent.stripe.subscriptions.cancel(past.id);
      await subscribe(customers[holder] ?? "", plan.id);
      expect(await openFor(user)).toBe(customers[holder]);
    }
  });

  it("is that of the subscription which is asked for, of those of the user alone", async () => {
    const [user, mallory] = [await shop.newUser(), await shop.newUser()];
    const addOn = await shop.sell("monthly", { group: "add-on" });
    const customers = [await addCustomer(user), await addGuest(user)];
    const held = [await subscribe(customers[0] ?? "", plan.id), await subscribe(customers[1] ?? "", addOn.id)];
    for (const [place, { id }] of held.entries())
      expect(await openFor(user, { subscriptionId: id })).toBe(customers[place]);
    await addCustomer(mallory);
    await expect(openFor(mallory, { subscriptionId: held[0]?.id ?? "" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("is one, and always the same, where none runs", async () => {
    const user = await shop.newUser();
    await addGuest(user);
    const own = await addCustomer(user);
    await addGuest(user);
    for (let time = 0; time < 3; time++) expect(await openFor(user)).toBe(own);
  });
});

/** Stands for states that take the emulator weeks to reach. */
function answerSubscriptions(held: ReturnType<typeof subscription>[]) {
  const data = held.map((each) => ({
    ...each,
    items: {
      ...each.items,
      data: each.items.data.map((item) => ({ ...item, price: { ...item.price, product: plan.product } })),
    },
  }));
  return ({ url }: { url?: string }, response: ServerResponse) => {
    if (!url?.startsWith("/v1/subscriptions?")) return;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ object: "list", url: "/v1/subscriptions", has_more: false, data }));
  };
}
