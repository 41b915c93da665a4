import { type ApiError, found, invalid } from "../api/errors.ts";
import { mergeMetadata, type ParamsOf } from "../api/params.ts";
import type { ItemChange } from "../billing/changing.ts";
import { currenciesOf, findPriceIn } from "../billing/currencies.ts";
import { isMetered, type Subscription } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import { priceFromParams } from "./inline-prices.ts";
import type { Price } from "./prices.ts";
import type { updateParams } from "./subscription-params.ts";
import { taxRatesFromParam } from "./tax-rates.ts";

type ItemParams = NonNullable<ParamsOf<typeof updateParams>["items"]>[number];

/** 400 for a price that is missing, inactive or paid once. */
export function recurringPrice(world: World, asked: ItemParams, param: string): Price {
  const price = priceFromParams(world, asked, param);
  if (price.recurring) return price;
  const message =
    "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.";
  throw invalid(message, undefined, `${param}[price]`);
}

/** Stripe's 400 for a price that is not in this currency, nor has it among its options. */
export function refuseUnpriced(world: World, price: Price, currency: string, param: string): void {
  if (findPriceIn(world, price, currency)) return;
  const all = currenciesOf(world, price).map((each) => `\`${each}\``);
  const message = `The price specified only supports ${all.join(", ")}. This doesn't match the expected currency: \`${currency}\`.`;
  throw invalid(message, undefined, param);
}

/** Stripe's 400 for a quantity of what is paid by use. */
export function refuseMeteredQuantity(price: Price, quantity: number | undefined, param: string): void {
  if (quantity === undefined || !isMetered(price)) return;
  const message = `Quantity should not be specified where usage_type is \`metered\`. Remove quantity from \`${param}\``;
  throw invalid(message, undefined, `${param}[quantity]`);
}

/** How many items a subscription can have (https://docs.stripe.com/billing/subscriptions/multiple-products). */
const MOST_ITEMS = 20;

/** Stripe's 400 for more items than a subscription can have. */
export function refuseTooMany(items: number): void {
  if (items > MOST_ITEMS)
    throw invalid(`Array items exceeded maximum ${MOST_ITEMS} allowed elements.`, undefined, "items");
}

/** Stripe's 400 for two items at one price: an item has a quantity. Its `param` is the older name of a price. */
export function refuseTwice(prices: readonly { id: string }[], param = "plan"): void {
  const ids = prices.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice === undefined) return;
  const message = `Cannot create a Subscription with multiple Subscription Items with the same Price: ${twice}`;
  throw invalid(message, undefined, param);
}

/** The changes that `items` asks for: with an id to an item that is there, without one to add another. */
export function itemChanges(world: World, subscription: Subscription, asked: readonly ItemParams[]): ItemChange[] {
  const changes = asked.map((item, index) => itemChange(world, subscription, item, `items[${index}]`));
  const taken = changes.filter(({ item, to }) => item && to === null);
  const added = changes.filter(({ item }) => item === null);
  const kept = subscription.items.data.filter((item) => !changes.some((change) => change.item?.id === item.id));
  const prices = [...kept, ...changes.flatMap(({ to }) => to ?? [])].map(({ price }) => price.id);
  const twice = prices.find((id, index) => prices.indexOf(id) < index);
  if (twice !== undefined) throw addedTwice(subscription, twice);
  refuseTooMany(subscription.items.data.length + added.length - taken.length);
  if (taken.length > 0 && taken.length === subscription.items.data.length && changes.every(({ to }) => to === null)) {
    throw invalid(
      "A subscription must have at least one active plan. In order to cancel a subscription, please use the cancel API endpoint (https://docs.stripe.com/api/subscriptions/cancel).",
    );
  }
  return changes;
}

/** Stripe's 400 for a price that an item has already. */
function addedTwice({ items }: Subscription, price: string): ApiError {
  const same = items.data.find((item) => item.price.id === price);
  const message = same
    ? `A new item with Price ${price} can't be added to this Subscription because an existing Subscription Item ${same.id} is already using that Price. If you want to update the existing item (e.g., to adjust the quantity), pass the existing Subscription Item's \`id\` in your update request: https://stripe.com/docs/api/subscriptions/update#update_subscription-items-id`
    : `Cannot add multiple subscription items with the same plan: ${price}`;
  return invalid(message, undefined, "plan");
}

function itemChange(world: World, subscription: Subscription, asked: ItemParams, param: string): ItemChange {
  if (asked.id === undefined) return addition(world, subscription, asked, param);
  const item = found(
    subscription.items.data.find((candidate) => candidate.id === asked.id),
    "subscription_item",
    asked.id,
    `${param}[id]`,
  );
  if (asked.deleted) return { item, to: null };
  const named = asked.price ?? asked.plan ?? asked.price_data;
  const price = named === undefined ? item.price : recurringPrice(world, asked, param);
  refuseUnpriced(world, price, subscription.currency, `${param}[price]`);
  refuseMeteredQuantity(price, asked.quantity, param);
  const metadata = mergeMetadata(item.metadata, asked.metadata);
  const rates = taxRatesFromParam(world, asked.tax_rates, `${param}[tax_rates]`, item.tax_rates) ?? item.tax_rates;
  // Another price is for one, unless it is said (https://docs.stripe.com/api/subscriptions/update#update_subscription-items-price).
  const quantity = asked.quantity ?? (price.id === item.price.id ? item.quantity : 1) ?? 1;
  return { item, to: { price, quantity, metadata, taxRates: rates } };
}

function addition(world: World, { currency }: Subscription, asked: ItemParams, param: string): ItemChange {
  const price = recurringPrice(world, asked, param);
  refuseUnpriced(world, price, currency, `${param}[price]`);
  refuseMeteredQuantity(price, asked.quantity, param);
  const taxRates = taxRatesFromParam(world, asked.tax_rates ?? [], `${param}[tax_rates]`);
  const metadata = mergeMetadata({}, asked.metadata);
  return { item: null, to: { price, quantity: asked.quantity ?? 1, metadata, taxRates } };
}
