import { type Customer, onlyRefused } from "./customer.ts";
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
  const { organizationId, id: userId, email } = customer;
  const metadata: Record<string, string> = organizationId ? { organization_id: organizationId } : { user_id: userId };
  await customer.do(async () => {
    const [known] = anotherCustomer ? [] : await customer.customers();
    const { id } = known ?? (await stripe.customers.create({ email, metadata }));
    const { id: card } = await stripe.paymentMethods.attach("pm_card_visa", { customer: id });
    await stripe.subscriptions.create({ customer: id, items: [{ price }], default_payment_method: card });
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
