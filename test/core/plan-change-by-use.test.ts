import { expect, it } from "vitest";
import { openPlanShop } from "../parts/plans.ts";

it("neither to what is paid by use nor from it is a plan changed: the refusal says why, and nothing happens", async () => {
  const store = await openPlanShop();
  const { stripe } = store.lent;
  const meter = await stripe.billing.meters.create({
    display_name: "Requests",
    event_name: "requests",
    default_aggregation: { formula: "sum" },
  });
  const { id: byUse } = await store.shop.sell("monthly", { meter: meter.id });
  const refusal = (says: string) => ({
    code: "subscription_not_changeable",
    message: `This subscription cannot be changed here. ${says} Ask support to change it.`,
  });
  const token = `thy2o0.${"0".repeat(64)}`;

  const flat = await store.subscribe({ items: [{ price: store.small.id }] });
  const metered = await store.subscribe({ items: [{ price: byUse }] });
  for (const [{ user }, priceId, says] of [
    [flat, byUse, "This plan is paid by use."],
    [metered, store.big.id, "It is paid by use."],
  ] as const) {
    await expect(store.preview(user, { priceId })).rejects.toMatchObject(refusal(says));
    await expect(store.change({ user }, { priceId, token })).rejects.toMatchObject(refusal(says));
  }
  expect(await store.held(flat.subscription)).toMatchObject({ price: store.small.id, quantity: 1 });
  expect(await store.held(metered.subscription)).toMatchObject({ price: byUse });
}, 30_000);
