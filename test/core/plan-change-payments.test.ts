import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

const refusal = (code: string) => ({ name: "BillingError", code });
const stripe = () => store.lent.stripe;
const held = (subscription: Stripe.Subscription) => store.held(subscription);

const subscribe = (price = store.small.id, quantity = 1, options = {}) =>
  store.subscribe({ items: [{ price, quantity }] }, options);
type Subscriber = Awaited<ReturnType<PlanShop["subscribe"]>>;
const previewed = (buyer: Subscriber, priceId: string, quantity?: number) =>
  store.previewed(buyer.user, priceId, quantity);

it.each<[string, (buyer: Subscriber) => Promise<unknown>]>([
  [
    "its payments are paused",
    ({ subscription: { id } }) => stripe().subscriptions.update(id, { pause_collection: { behavior: "void" } }),
  ],
  [
    "its invoices are sent",
    ({ subscription: { id } }) =>
      stripe().subscriptions.update(id, { collection_method: "send_invoice", days_until_due: 7 }),
  ],
  [
    "a bank debit pays it, for which Stripe lets nothing wait",
    async ({ customer }) => {
      const { id } = await stripe().paymentMethods.create({
        type: "sepa_debit",
        sepa_debit: { iban: "DE89370400440532013000" },
        billing_details: { name: "Ada", email: "ada@example.com" },
      });
      await store.useCard(customer, id);
    },
  ],
  [
    "what was invoiced last is not paid",
    async ({ customer, subscription: { id } }) => {
      await store.useCard(customer, "pm_card_chargeCustomerFail");
      await stripe().subscriptions.update(id, { billing_cycle_anchor: { type: "now" }, proration_behavior: "none" });
    },
  ],
])("nothing is changed where %s", async (_, so) => {
  const buyer = await subscribe();
  await so(buyer);
  const act = previewed(buyer, store.big.id).then(({ wish }) => store.change({ user: buyer.user }, wish));
  await expect(act).rejects.toMatchObject(refusal("subscription_not_changeable"));
  expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, pending: false });
});

describe("a payment that does not go through leaves the old plan, and nothing that could be charged later", () => {
  const openInvoices = async (customer: string) =>
    (await stripe().invoices.list({ customer, status: "open" })).data.map(({ id }) => id);

  it("for a card that is declined; another card pays", async () => {
    const buyer = await subscribe();
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    const { wish } = await previewed(buyer, store.big.id);
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("card_declined"));
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, status: "active", pending: false });
    expect(await openInvoices(buyer.customer)).toEqual([]);
    await store.useCard(buyer.customer, "pm_card_visa");
    await store.change({ user: buyer.user }, wish);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.big.id });
  });

  it("for whoever has no card", async () => {
    const buyer = await subscribe();
    await stripe().paymentMethods.detach(
      `${((await stripe().customers.retrieve(buyer.customer)) as Stripe.Customer).invoice_settings.default_payment_method}`,
    );
    const { wish } = await previewed(buyer, store.big.id);
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("payment_method_required"));
    expect(await openInvoices(buyer.customer)).toEqual([]);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, pending: false });
  });

  it("until the bank's question is answered, at the address that is told; whoever presses again is told the same", async () => {
    const buyer = await subscribe();
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    const { wish } = await previewed(buyer, store.big.id);
    const asked = await store.change({ user: buyer.user }, wish).catch((error) => error);
    expect(asked).toMatchObject(refusal("payment_confirmation_required"));
    const again = await store.change({ user: buyer.user }, wish).catch((error) => error);
    expect(again.details).toEqual(asked.details);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, pending: true });
    expect(await openInvoices(buyer.customer)).toHaveLength(1);
    await fetch(asked.details.confirmUrl, { method: "POST", body: new URLSearchParams({ challenge: "complete" }) });
    expect(await held(buyer.subscription)).toMatchObject({ price: store.big.id, pending: false });
    expect(await store.change({ user: buyer.user }, wish)).toMatchObject({ items: [{ priceId: store.big.id }] });
  });

  it("and makes way for another wish, or is taken back", async () => {
    const buyer = await subscribe();
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    const first = await previewed(buyer, store.big.id);
    await expect(store.change({ user: buyer.user }, first.wish)).rejects.toMatchObject({ details: {} });
    const other = await previewed(buyer, store.small.id, 2);
    await expect(store.change({ user: buyer.user }, other.wish)).rejects.toMatchObject(
      refusal("payment_confirmation_required"),
    );
    expect(await openInvoices(buyer.customer)).toHaveLength(1);
    expect(await store.resume(buyer.user)).toMatchObject({ items: [{ priceId: store.small.id, quantity: 1 }] });
    expect(await openInvoices(buyer.customer)).toEqual([]);
    expect(await held(buyer.subscription)).toMatchObject({ price: store.small.id, quantity: 1, pending: false });
  });

  it("and what waits instead, or no longer, is in the mirror, though all of it happens in one second", async () => {
    const buyer = await subscribe();
    const { id } = buyer.subscription;
    const inMirror = async () => {
      const { data } = await store.supabase.client
        .from("user_subscriptions")
        .select("pending_update, cancel_at_period_end")
        .eq("id", id)
        .single();
      // Whatever is done next is done in a later second.
      await store.supabase.query("update user_subscriptions set as_of = as_of - interval '1 minute' where id = $1", [
        id,
      ]);
      return { waits: (data?.pending_update as { items: object[] } | null)?.items, ends: data?.cancel_at_period_end };
    };
    const waitFor = async (price: string, quantity: number) => {
      const { wish } = await previewed(buyer, price, quantity);
      await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(
        refusal("payment_confirmation_required"),
      );
    };
    await store.useCard(buyer.customer, "pm_card_authenticationRequired");
    for (const [price_id, quantity] of [
      [store.big.id, 1],
      [store.small.id, 2],
    ] as const) {
      await waitFor(price_id, quantity);
      expect(await inMirror()).toEqual({ waits: [{ price_id, quantity }], ends: false });
    }
    await store.cancel(buyer.user);
    expect(await inMirror()).toEqual({ waits: undefined, ends: true });
    await store.resume(buyer.user);
    expect(await inMirror()).toEqual({ waits: undefined, ends: false });
    await waitFor(store.big.id, 1);
    await inMirror();
    await store.useCard(buyer.customer, "pm_card_chargeCustomerFail");
    const { wish } = await previewed(buyer, store.small.id, 3);
    await expect(store.change({ user: buyer.user }, wish)).rejects.toMatchObject(refusal("card_declined"));
    expect(await inMirror()).toEqual({ waits: undefined, ends: false });
  });
});
