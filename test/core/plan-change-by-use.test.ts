import { getNextPayment } from "@turnpike/core/plan-change";
import { expect, it } from "vitest";
import { openPlanShop } from "../parts/plans.ts";

it("beside what is paid by use a cheaper plan is scheduled, told of, and asked for again, as beside anything else", async () => {
  const store = await openPlanShop();
  const { stripe } = store.lent;
  const meter = await stripe.billing.meters.create({
    display_name: "Calls",
    event_name: "calls",
    default_aggregation: { formula: "sum" },
  });
  const byUse = await store.shop.sell("monthly", { meter: meter.id, group: "calls" });
  const { user } = await store.subscribe({ items: [{ price: store.big.id }, { price: byUse.id }] });
  const { wish } = await store.previewed(user, store.small.id);
  const items = [
    { priceId: store.small.id, quantity: 1 },
    { priceId: byUse.id, quantity: null },
  ];
  for (const _press of [1, 2]) expect(await store.change({ user }, wish)).toMatchObject({ changesTo: { items } });
  expect(await getNextPayment(store.shop.billing, { user }, {})).toMatchObject({ next: { amount: 1500 } });
}, 30_000);

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
