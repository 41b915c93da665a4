import type { Customer } from "./customer.ts";
import type { PriceName, Shop } from "./shop.ts";
import type { Act } from "./steps.ts";

/** What is chosen in some climates only: what others do on the same account of Stripe's, and what seldom comes together by itself. */
export const OTHER_STEPS: Record<string, Act> = {
  "sees what is on sale change": {
    weight: 0,
    act: (customer, shop, random) => changeWhatIsOnSale(customer, shop, random.between(2, 400), random.pick([0, 1, 3])),
  },
  "is changed and removed at once": {
    weight: 0,
    act: (customer, shop, random) => changeAndRemove(customer, shop, random.between(0, 60)),
  },
  "is ended as soon as it is changed": {
    weight: 0,
    act: (customer, _, random) => changeAndEnd(customer, random.pick([0, random.between(2, 400)])),
  },
  "pays as the price changes": { weight: 0, act: changePriceOften },
  "is sold a plan that is new": { weight: 0, act: (customer, shop) => sellNewPlan(customer, shop, 3900, {}) },
  "is sold a new plan for many": {
    weight: 0,
    act: async (customer, shop, random) => {
      await customer.useSeats(random.whole(2, 6), "crowd");
      // Until that is followed: what begins then is to be compared for its own sake.
      await customer.wait(1200);
      await sellNewPlan(customer, shop, 4100, { subscription_group: "crowd" });
    },
  },
  "presses again and again": {
    weight: 0,
    act: (customer, shop) =>
      customer.buy(
        Array.from({ length: 12 }, () => shop.price("basic")),
        { within: [60], pays: 0 },
      ),
  },
  "buys a thing elsewhere": {
    weight: 0,
    act: (customer, shop, random) => {
      const names = random.pick([{}, {}, { supabase_id: customer.id }, customer.metadata]);
      return sellElsewhere(customer, shop, "once", { metadata: names }, customer.email);
    },
  },
  "buys elsewhere by a link that names them": {
    weight: 0,
    act: (customer, shop) =>
      // Whoever is given it pays with an address of their own, or of their company.
      sellElsewhere(customer, shop, "addon", { client_reference_id: customer.id }, `office-of-${customer.email}`),
  },
  "is sold one under their address": {
    weight: 0,
    act: (customer, shop, random) =>
      sellTo(customer, shop, { email: random.pick([customer.email, customer.nextEmail]) }, shop.price("addon")),
  },
  "lets a page of another system run out": { weight: 0, act: letPageRunOut },
  "is given what is nobody's": {
    weight: 0,
    act: (customer, shop, random) => giveUnowned(customer, shop, random.next()),
  },
};

/** Several states within a second, of which the last lacks something; another later; and then it is gone, or not. */
async function changeWhatIsOnSale(
  customer: Customer,
  shop: Shop,
  seconds: number,
  removedAfter: number,
): Promise<void> {
  const { stripe, account } = shop;
  await customer.do(async () => {
    const { id } = await stripe.products.create({ name: "New", description: "As yet unknown" });
    account.unsteady.set(`/v1/products/${id}`, undefined);
    await stripe.products.update(id, { name: "Newer" });
    await stripe.products.update(id, { name: "Newer", description: "" });
    await customer.wait(seconds);
    await stripe.products.update(id, { name: "Old" });
    await stripe.products.update(id, { name: "Older" });
    if (removedAfter > 0) await customer.wait(removedAfter - 1);
    if (removedAfter > 0) await stripe.products.del(id);
    else await stripe.products.update(id, { name: "Oldest", description: "Well known" });
  });
}

async function changeAndRemove(customer: Customer, { stripe }: Shop, seconds: number): Promise<void> {
  await customer.do(async () => {
    const { id } = await stripe.customers.create({ name: "First" });
    await stripe.customers.update(id, { name: "Second" });
    await stripe.customers.update(id, { name: "" });
    await customer.wait(seconds);
    await stripe.customers.update(id, { name: "Last" });
    await stripe.customers.del(id);
  });
}

/** And something is written on it when it is over: Stripe takes that. */
async function changeAndEnd(customer: Customer, seconds: number): Promise<void> {
  await customer.withSubscriptions(async (stripe, { id }) => {
    await stripe.subscriptions.update(id, { metadata: { note: "wants to leave" } });
    await stripe.subscriptions.cancel(id);
    await stripe.subscriptions.update(id, { metadata: { note: "has left" } });
    if (seconds === 0) return;
    await customer.wait(seconds);
    await stripe.subscriptions.update(id, { metadata: { note: "may come back" } });
  });
}

/** Every change of a price has Stripe asked. */
async function changePriceOften(customer: Customer, shop: Shop): Promise<void> {
  for (let time = 0; time < 6; time++) {
    await customer.do(() => shop.stripe.prices.update(shop.price("once"), { nickname: `${customer.id} ${time}` }));
    await customer.wait(0.4);
  }
}

/** Of a product that was made a moment ago, and beside whatever they have. */
async function sellNewPlan(
  customer: Customer,
  shop: Shop,
  unit_amount: number,
  said: Record<string, string>,
): Promise<void> {
  const { email, metadata } = customer;
  const { stripe } = shop;
  const price = await customer.do(async () => {
    const { id: product } = await stripe.products.create({ name: "Brand new", metadata: said });
    const made = { product, currency: "usd", unit_amount, recurring: { interval: "month" as const } };
    return stripe.prices.create(made);
  });
  await sellTo(customer, shop, { email, metadata }, price.id);
}

/** To a customer that is made for it. */
async function sellTo(
  customer: Customer,
  { stripe }: Shop,
  buyer: { email: string; metadata?: Record<string, string> },
  price: string,
): Promise<void> {
  await customer.do(async () => {
    const { id } = await stripe.customers.create(buyer);
    const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await stripe.subscriptions.create({ customer: id, items: [{ price }], default_payment_method: card });
  });
}

/** By a page of another system. */
async function sellElsewhere(
  customer: Customer,
  shop: Shop,
  name: PriceName,
  said: { metadata?: Record<string, string>; client_reference_id?: string },
  email: string,
): Promise<void> {
  const price = shop.price(name);
  const { url } = await customer.do(() =>
    shop.stripe.checkout.sessions.create({
      mode: shop.modeOf(price),
      line_items: [{ price, quantity: 1 }],
      success_url: "https://other.test",
      ...said,
    }),
  );
  if (url) await customer.pay(url, "good", email);
}

/** And the customer that it was for has another address since. */
async function letPageRunOut(customer: Customer, shop: Shop): Promise<void> {
  const { stripe } = shop;
  const { email } = customer;
  await customer.do(async () => {
    const { id } = await stripe.customers.create({ email });
    const line_items = [{ price: shop.price("basic"), quantity: 1 }];
    const page = { mode: "subscription" as const, customer: id, line_items, success_url: "https://other.test" };
    const session = await stripe.checkout.sessions.create(page);
    await stripe.checkout.sessions.expire(session.id);
    await customer.wait(2);
    await stripe.customers.update(id, { email: `nobody-${email}` });
  });
}

/** The operator names what was bought by any of its ids; and before that forgets to say to whom. */
async function giveUnowned(customer: Customer, shop: Shop, drawn: number): Promise<void> {
  const { database } = shop;
  const listed = await database.query<{ id: string; subject: string; session: string | null }>(
    `select unowned.id, coalesce(unowned.customer_id, unowned.id) as subject,
      (select session.id from public.checkout_sessions session where session.customer_id = unowned.customer_id limit 1) as session
    from billing.unowned_purchases unowned order by unowned.created_at, unowned.id`,
  );
  const found = listed[Math.floor(drawn * listed.length)];
  if (!found) return;
  const toNobody = await database
    .query("select public.assign_purchase($1, null, null)", [found.id])
    .then(() => "was given to nobody")
    .catch(({ code }: { code?: string }) => (code === "22023" ? undefined : `is refused with ${code}`));
  if (toNobody) shop.wronglyGiven.push(`${found.id} ${toNobody}`);
  const named = found.session ?? found.id;
  const { organizationId = null, id } = customer;
  const [given] = await database.query<{ assign_purchase: boolean }>("select public.assign_purchase($1, $2, $3)", [
    named,
    organizationId ? null : id,
    organizationId,
  ]);
  if (given?.assign_purchase !== true) shop.wronglyGiven.push(`${found.subject} cannot be given by ${named}`);
  else shop.given.set(found.subject, customer.payer);
}
