import type Stripe from "stripe";
import { invalid, missingParameter } from "../api/errors.ts";
import { mergeMetadata } from "../api/params.ts";
import { findPriceIn } from "../billing/currencies.ts";
import { chargeFor, isMetered } from "../billing/subscription.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { CreateSessionParams } from "./checkout-session-params.ts";
import { noteInline } from "./inline-prices.ts";
import { refuseMeteredQuantity } from "./item-changes.ts";
import { activePriceFromParam, createPrice, type Price } from "./prices.ts";

type LineItem = Stored<Stripe.LineItem>;
export type AskedItem = NonNullable<CreateSessionParams["line_items"]>[number];

/**
 * What is sold, at the price asked for or one made for it, in the currency asked for if the price has it. 400 for what cannot be
 * sold so.
 */
export function newLineItem(world: World, asked: AskedItem, param: string, currency: string | undefined): LineItem {
  if (asked.price !== undefined && asked.price_data)
    throw invalid(`You may only specify one of these parameters: ${param}[price], ${param}[price_data].`);
  if (asked.price === undefined && !asked.price_data) throw missingParameter(`${param}[price]`);
  const price = asked.price_data
    ? noteInline(world, createPrice(world, asked.price_data, undefined, `${param}[price_data]`))
    : activePriceFromParam(world, asked.price ?? "", `${param}[price]`);
  refuseQuantity(price, asked.quantity, param);
  const charged = findPriceIn(world, price, currency) ?? price;
  const total = chargeFor(world, charged, asked.quantity);
  return {
    id: newId("li"),
    object: "item",
    adjustable_quantity: adjustableQuantity(price, asked, param),
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: charged.currency,
    description: world.store.products.find(price.product)?.name ?? null,
    metadata: mergeMetadata({}, asked.metadata),
    price,
    quantity: asked.quantity ?? null,
  };
}

/** All that is sold together: where no currency is asked for, in that of the first. */
export function newLineItems(world: World, asked: readonly AskedItem[], currency?: string): LineItem[] {
  const items: LineItem[] = [];
  for (const [index, each] of asked.entries()) {
    items.push(newLineItem(world, each, `line_items[${index}]`, currency ?? items[0]?.currency));
  }
  return items;
}

/** Prices by use have no quantity, all others need one. */
function refuseQuantity(price: Price, quantity: number | undefined, param: string): void {
  refuseMeteredQuantity(price, quantity, param);
  if (isMetered(price)) return;
  if (quantity === undefined)
    throw invalid(`Quantity is required. Add \`quantity\` to \`${param}\``, undefined, `${param}[quantity]`);
  if (quantity < 1)
    throw invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", `${param}[quantity]`);
  if (quantity > MOST) throw tooMany(`${param}[quantity]`);
}

/** As many as Stripe sells of one thing: https://docs.stripe.com/payments/checkout/adjustable-quantity */
const MOST = 999_999;
const tooMany = (param: string) =>
  invalid(`This value must be less than or equal to ${MOST}.`, "parameter_invalid_integer", param);

/** 400 for bounds that are none, and for a quantity that they exclude. */
function adjustableQuantity(
  price: Price,
  { adjustable_quantity: asked, quantity = 1 }: AskedItem,
  param: string,
): LineItem["adjustable_quantity"] {
  if (!asked?.enabled) return null;
  const { minimum = 0, maximum = 99 } = asked;
  const within = `${param}[adjustable_quantity]`;
  if (isMetered(price)) {
    throw invalid("`adjustable_quantity` cannot be used where usage_type is `metered`.", undefined, within);
  }
  if (maximum > MOST) throw tooMany(`${within}[maximum]`);
  if (minimum < 0 || minimum > maximum) {
    throw invalid("`minimum` must be from 0 to `maximum`.", undefined, `${within}[minimum]`);
  }
  if (quantity < minimum || quantity > maximum) {
    const message = `The quantity must be between the minimum (${minimum}) and maximum (${maximum}) of \`adjustable_quantity\`.`;
    throw invalid(message, undefined, `${param}[quantity]`);
  }
  return { enabled: true, minimum, maximum };
}
