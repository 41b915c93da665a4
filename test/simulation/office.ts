import { onlyRefused } from "./account.ts";
import type { Customer } from "./customer.ts";
import type { Random } from "./random.ts";
import type { Shop } from "./shop.ts";

/** What those who work for the product do to its customers, in Stripe's dashboard. */

export async function refund(customer: Customer, { stripe }: Shop, share: number): Promise<void> {
  await customer.do(async () => {
    for (const { id } of await customer.customers()) {
      const { data } = await stripe.charges.list({ customer: id });
      const charge = data.find(({ paid, refunded }) => paid && !refunded);
      if (!charge) continue;
      const amount = Math.max(1, Math.floor((charge.amount - charge.amount_refunded) * share));
      await stripe.refunds.create({ charge: charge.id, amount }).catch(onlyRefused);
    }
  });
}

/** Whatever they subscribed to ends with it. */
export async function remove(customer: Customer, { stripe }: Shop): Promise<void> {
  await customer.do(async () => {
    for (const { id } of await customer.customers()) await stripe.customers.del(id);
  });
}

/** What they may have already; also to a second customer of theirs. */
export async function sellByHand(
  customer: Customer,
  { stripe }: Shop,
  price: string,
  anotherCustomer: boolean,
): Promise<void> {
  const { email, metadata } = customer;
  await customer.do(async () => {
    const [known] = anotherCustomer ? [] : await customer.customers();
    const { id } = known ?? (await stripe.customers.create({ email, metadata }));
    const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await stripe.subscriptions.create({ customer: id, items: [{ price }], default_payment_method: card });
  });
}

/** To a customer that bears no name, by pages of another system: only they say whose it is, one sale after the other. */
export async function sellNameless(customer: Customer, shop: Shop, names: Record<string, string>[]): Promise<void> {
  const { stripe } = shop;
  const id = await customer.do(async () => (await stripe.customers.create({ name: "Nobody" })).id);
  for (const [place, metadata] of names.entries()) {
    // In a second of its own.
    if (place > 0) await customer.wait(2);
    const { url } = await customer.do(() =>
      stripe.checkout.sessions.create({
        mode: "subscription",
        customer: id,
        line_items: [{ price: shop.price(place > 0 ? "addon" : "basic"), quantity: 1 }],
        metadata,
        success_url: "https://other.test",
      }),
    );
    if (url) await customer.pay(url, "good");
  }
}

/** Makes things and changes them within a second. */
export async function sellAndChange(customer: Customer, shop: Shop): Promise<void> {
  const { stripe } = shop;
  await customer.do(async () => {
    const { id } = await stripe.customers.create({ name: "First", metadata: customer.metadata });
    await stripe.customers.update(id, { name: "Second", email: `second-${customer.email}` });
    const { id: product } = await stripe.products.create({ name: "First" });
    await stripe.products.update(product, { name: "Second" });
    const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    const items = [{ price: shop.price("addon") }];
    const sold = await stripe.subscriptions.create({ customer: id, items, default_payment_method: card });
    await stripe.subscriptions.update(sold.id, { cancel_at_period_end: true });
  });
}

/** Its first payment fails; with another card it comes to life. */
export async function sellUnpaid(customer: Customer, shop: Shop, seconds: number): Promise<void> {
  const { metadata, email } = customer;
  const { stripe } = shop;
  await customer.do(async () => {
    const { id } = await stripe.customers.create({ email, metadata });
    const { id: bad } = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: id });
    const items = [{ price: shop.price("basic") }];
    const sold = await stripe.subscriptions.create({ customer: id, items, default_payment_method: bad });
    await customer.wait(seconds);
    const { id: good } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await stripe.invoices.pay(String(sold.latest_invoice), { payment_method: good }).catch(onlyRefused);
  });
}

/** A trial that asks for no card: when it is over, it is paused. */
export async function letTry(customer: Customer, shop: Shop): Promise<void> {
  await customer.do(async () => {
    const { id } = await shop.stripe.customers.create({ email: customer.email, metadata: customer.metadata });
    await shop.stripe.subscriptions.create({
      customer: id,
      items: [{ price: shop.price("addon") }],
      metadata: customer.metadata,
      trial_period_days: 1,
      trial_settings: { end_behavior: { missing_payment_method: "pause" } },
    });
  });
}

/** What stood beside the plan is one after a while. */
export async function turnAddonIntoPlan(customer: Customer, shop: Shop, seconds: number): Promise<void> {
  const { metadata, email } = customer;
  const { stripe } = shop;
  await customer.do(async () => {
    const { id } = await stripe.customers.create({ email, metadata });
    const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    const items = [{ price: shop.price("addon") }];
    const sold = await stripe.subscriptions.create({ customer: id, items, default_payment_method: card });
    await customer.wait(seconds);
    const [item] = sold.items.data;
    if (item) await stripe.subscriptions.update(sold.id, { items: [{ id: item.id, price: shop.price("basic") }] });
  });
}

/** Writes on a guest's customer whose it is: theirs, or some other system's. */
export async function name(customer: Customer, { stripe }: Shop, random: Random): Promise<void> {
  await customer.do(async () => {
    const { data } = await stripe.customers.list({ limit: 100 });
    const guest = data.find(({ metadata }) => !metadata.user_id && !metadata.organization_id);
    const user_id = random.pick([customer.id, customer.id, "customer 17"]);
    if (guest) await stripe.customers.update(guest.id, { metadata: { user_id } });
  });
}
