import { beforeAll, expect, it } from "vitest";
import { openPlanShop, type PlanShop } from "../parts/plans.ts";

/** Stripe shows a price in its own currency, whatever a subscription to it is paid in. */

let store: PlanShop;
beforeAll(async () => {
  store = await openPlanShop();
});

/** So many dollars, or yen. */
const sell = (amount: number, yen: number) =>
  store.shop.sell("monthly", { amount, currencies: { jpy: { unit_amount: yen } } });
const subscribe = (price: string) => store.subscribe({ items: [{ price }], currency: "jpy" });

it("a plan that costs more in dollars and less in the subscription's yen begins with the next period, in yen", async () => {
  const [from, to] = [await sell(1000, 5000), await sell(2000, 3000)];
  const buyer = await subscribe(from.id);
  const { preview, wish } = await store.previewed(buyer.user, to.id);
  expect(preview).toMatchObject({ effective: "period_end", currency: "jpy", amountDue: 0, next: { amount: 3000 } });
  await store.change({ user: buyer.user }, wish);
  const { data } = await store.lent.stripe.subscriptionSchedules.list({ customer: buyer.customer });
  expect(data[0]?.phases.map(({ currency }) => currency)).toEqual(["jpy", "jpy"]);
});

it("and one that costs less in dollars and more in yen is paid at once, in yen", async () => {
  const [from, to] = [await sell(2000, 3000), await sell(1000, 5000)];
  const buyer = await subscribe(from.id);
  const { preview, wish } = await store.previewed(buyer.user, to.id);
  expect(preview).toMatchObject({ effective: "now", currency: "jpy", next: { amount: 5000 } });
  await store.change({ user: buyer.user }, wish);
  expect(await store.charged(buyer.customer)).toEqual([preview.amountDue, 3000]);
});

it("a plan of yen alone is offered to who pays in yen, one without yen is not", async () => {
  const buyer = await subscribe((await sell(2000, 3000)).id);
  const yen = await store.shop.sell("monthly", { amount: 5000, currency: "jpy" });
  expect((await store.previewed(buyer.user, yen.id)).preview).toMatchObject({ effective: "now", currency: "jpy" });
  await expect(store.previewed(buyer.user, store.big.id)).rejects.toMatchObject({ code: "currency_mismatch" });
});
