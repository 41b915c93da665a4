import { invalid, noSuch } from "../api/errors.ts";
import { priceIn } from "../billing/currencies.ts";
import { grant, setDiscounts } from "../billing/discounting.ts";
import type { Basket } from "../billing/redeeming.ts";
import { chargeFor, type Subscription } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import { refuseWithoutHeadOffice } from "./automatic-tax.ts";
import { type DiscountParam, offerFromParam, refuseSameCoupon } from "./discount-params.ts";
import type { Price } from "./prices.ts";

/** What a discount on a subscription to these prices is used on. */
export const basketOf = (
  world: World,
  { customer, currency }: Pick<Basket, "customer" | "currency">,
  items: readonly { price: Price; quantity?: number | null }[],
): Basket => ({
  customer,
  currency,
  subtotal: items.reduce(
    (sum, { price, quantity }) => sum + chargeFor(world, priceIn(world, price, currency), quantity),
    0,
  ),
  products: items.map(({ price }) => price.product),
});

/** Gives a subscription these discounts and no others: those it has are named by id, others are redeemed. */
export function changeDiscounts(
  world: World,
  { id, customer, currency, discounts: before, items }: Subscription,
  asked: readonly DiscountParam[],
): void {
  const basket = basketOf(world, { customer, currency }, items.data);
  const checked = asked.map((each, index) => {
    const param = `discounts[${index}]`;
    if (each.discount === undefined) return offerFromParam(world, each, basket, param);
    if (before.includes(each.discount)) return each.discount;
    throw noSuch("discount", each.discount, `${param}[discount]`);
  });
  refuseSameCoupon(
    checked.map((each) =>
      typeof each === "string" ? (world.store.discounts.get(each).source.coupon ?? "") : each.coupon,
    ),
  );
  const after = checked.map((each) =>
    typeof each === "string" ? each : grant(world, each, { customer, subscription: id }),
  );
  setDiscounts(world, id, after);
}

/** Takes all discounts off; answers with the first. */
export function deleteDiscounts(world: World, { id, discounts: [first] }: Subscription): object {
  if (first === undefined) throw noSuch("discount", "");
  setDiscounts(world, id, []);
  const { end: _end, ...discount } = world.store.discounts.get(first);
  return { ...discount, deleted: true };
}

/** Automatic tax needs to know where the customer is (https://docs.stripe.com/tax/customer-locations). */
export function refuseUnknownLocation(world: World, customer: string): void {
  refuseWithoutHeadOffice(world);
  if (world.store.customers.get(customer).address?.country) return;
  const message =
    "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.";
  throw invalid(message, "customer_tax_location_invalid", "automatic_tax");
}
