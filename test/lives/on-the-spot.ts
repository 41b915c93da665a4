import { CARD, createCheckout, createPlan } from "@turnpike/stripe-emulator/testing";
import { type Life, PAYS_BY_CARD, until } from "./life.ts";

const SETTLED = ["checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"];

export const onTheSpot: Record<string, Life> = {
  "a bank debit that settles, and one that fails": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    for (const iban of ["DE89370400440532013000", "DE62370400440532013001"]) {
      const customer = await stripe.customers.create({ email: "grace@example.com" });
      const session = await createCheckout(stripe, price, { customer: customer.id });
      await submit(session.url, { name: "Grace", payment_method: "sepa_debit", iban });
      await until(async () => {
        const { data } = await stripe.events.list({ types: SETTLED, limit: 100 });
        return data.some((event) => (event.data.object as { id: string }).id === session.id);
      });
    }
  },

  "refunds in part and in full, one that fails, disputes won and lost": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    const buy = async (card_number: string) => {
      const customer = await stripe.customers.create({ email: "linus@example.com" });
      const session = await createCheckout(stripe, price, { customer: customer.id });
      await submit(session.url, { ...CARD, card_number });
      return String((await stripe.checkout.sessions.retrieve(session.id)).payment_intent);
    };
    const refunded = await buy("4242424242424242");
    await stripe.refunds.create({ payment_intent: refunded, amount: 500 });
    await stripe.refunds.create({ payment_intent: refunded, amount: 300 });
    await stripe.refunds.create({ payment_intent: await buy("4242424242424242") });
    const failing = await stripe.refunds.create({ payment_intent: await buy("4000000000005126") });
    await until(async () => (await stripe.refunds.retrieve(failing.id)).status === "failed");
    for (const evidence of ["winning_evidence", "losing_evidence"]) {
      const payment = await buy("4000000000000259");
      const [dispute] = (await stripe.disputes.list({ payment_intent: payment })).data;
      await stripe.disputes.update(dispute?.id ?? "", { evidence: { uncategorized_text: evidence }, submit: true });
    }
  },

  "a plan changed back and forth within a second": async ({ stripe }) => {
    const customer = await stripe.customers.create(PAYS_BY_CARD);
    const [one, two] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 9900 })];
    const { id, items } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: one.id }],
    });
    for (const price of [two, one, two]) {
      await stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? "", price: price.id }] });
    }
    await stripe.products.update(String(two.product), { name: "Renamed" });
    await stripe.products.update(String(two.product), { name: "Renamed twice", active: false });
    await stripe.prices.update(one.id, { active: false });
  },

  "a guest": async ({ stripe, submit }) => {
    const price = await createPlan(stripe, { recurring: undefined } as never);
    const session = await createCheckout(stripe, price, { customer_creation: "always" });
    await submit(session.url, { ...CARD, email: "guest@example.com" });
    const abandoned = await createCheckout(stripe, price);
    await stripe.checkout.sessions.expire(abandoned.id);
  },

  "a customer who is deleted": async ({ stripe }) => {
    const customer = await stripe.customers.create(PAYS_BY_CARD);
    const plan = await createPlan(stripe);
    await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plan.id }],
    });
    await stripe.customers.del(customer.id);
  },
};
