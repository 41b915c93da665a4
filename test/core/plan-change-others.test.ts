import { cancelSubscription, changePlan, previewChange, resumeSubscription } from "@turnpike/core/plan-change";
import { expect, it } from "vitest";
import { openPlanShop } from "../parts/plans.ts";

it("another user reaches no subscription of somebody else's, and who manages no organisation's billing none of its", async () => {
  const store = await openPlanShop();
  const buyer = await store.subscribe({ items: [{ price: store.small.id }] });
  const mallory = await store.subscribe({ items: [{ price: store.small.id }] });
  const stranger = await store.shop.newUser();
  const { billing } = store.shop;
  const token = `thy2o0.${"0".repeat(64)}`;
  const all = (user: typeof stranger, wish: object) =>
    Promise.all(
      [
        previewChange(billing, { user }, { priceId: store.big.id, ...wish }),
        changePlan(billing, { user }, { priceId: store.big.id, token, ...wish }),
        cancelSubscription(billing, { user }, wish),
        resumeSubscription(billing, { user }, wish),
      ].map((act) => act.catch(({ code }) => code)),
    );
  const others = { subscriptionId: buyer.subscription.id };
  expect(new Set(await all(mallory.user, others))).toEqual(new Set(["not_found"]));
  expect(new Set(await all(buyer.user, { organizationId: "acme" }))).toEqual(new Set(["not_billing_manager"]));
  expect(new Set(await all(stranger, {}))).toEqual(new Set(["no_billing_account"]));
  const { cancel_at_period_end: ends, items } = await store.lent.stripe.subscriptions.retrieve(buyer.subscription.id);
  expect(ends).toBe(false);
  expect(items.data).toMatchObject([{ price: { id: store.small.id }, quantity: 1 }]);
}, 30_000);
