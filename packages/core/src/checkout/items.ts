import {
  amountTooLarge,
  assertWithin,
  getSellablePrice,
  mostAmountOf,
  packagesOf,
  quantityNotAllowed,
  type SellablePrice,
  sellableIn,
} from "../catalog/index.ts";
import type { CheckoutOptions } from "../config/schema.ts";
import { BillingError } from "../errors/index.ts";
import { findNumberInUse, otherThanInUse, type Payer } from "../payer/index.ts";
import type { ServiceClient } from "../supabase/index.ts";
import type { Ordered, Purchase } from "./purchase.ts";

/** A price, and how many of it are sold. */
export interface Item {
  price: SellablePrice;
  /** Absent: it is paid by use. */
  quantity?: number;
  /** Nobody named it: it is as many as are sold at least. */
  isDefault: boolean;
  /** The buyer may choose another on Stripe's page. */
  adjustable: boolean;
}

/** What is sold in one page: what was asked for by name, and what goes beside it. */
export type Basket = [Item, ...Item[]];

/** As many recurring prices as Stripe takes, and as many that are paid once: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items */
const MOST_RECURRING = 20;
const MOST_ONCE = 20;

/**
 * What somebody wants to buy, as it may be sold.
 * @throws BillingError `price_not_for_sale`, `quantity_not_allowed`, `invalid_request`, `items_not_together`, `currency_mismatch`,
 * `amount_too_large`
 */
export async function getBasket(
  supabase: ServiceClient,
  purchase: Purchase,
  { currency: preferred }: CheckoutOptions,
): Promise<Basket> {
  const ordered: [Ordered, ...Ordered[]] = [purchase, ...(purchase.items ?? [])];
  const found = await Promise.all(ordered.map(({ priceId }) => getSellablePrice(supabase, priceId)));
  const { currency: asked } = purchase;
  const prices = asked === undefined ? (allIn(found, preferred) ?? found) : allIn(found, asked);
  if (!prices) throw notInThatCurrency();
  const [first, ...others] = ordered.map((each, place) => itemOf(prices[place] as SellablePrice, each));
  const basket: Basket = [first as Item, ...others];
  assertTogether(basket);
  return basket;
}

/** The prices in one currency; nothing where one of them is not sold in it. */
function allIn(prices: SellablePrice[], currency: string | undefined): SellablePrice[] | undefined {
  if (currency === undefined) return undefined;
  const sold = prices.flatMap((price) => sellableIn(price, currency) ?? []);
  return sold.length === prices.length ? sold : undefined;
}

const notInThatCurrency = () =>
  new BillingError(
    "currency_mismatch",
    "This is not sold in that currency. Leave the currency out, or choose one that each price has.",
  );

/**
 * What a payer wants to buy, with as many of a plan as they use already, where the product keeps that number.
 * @throws BillingError `quantity_not_allowed`
 */
export async function asInUse(supabase: ServiceClient, payer: Payer, basket: Basket): Promise<Basket> {
  const settle = async (item: Item): Promise<Item> => {
    const { price, quantity, isDefault, adjustable } = item;
    if (price.mode === "payment" || quantity === undefined) return item;
    const number = await findNumberInUse(supabase, payer, price.group, price.bounds.least);
    if (number === undefined) return item;
    if (adjustable || (quantity !== number && !isDefault)) throw otherThanInUse(number);
    assertWithin(price.bounds, number);
    return { ...item, quantity: number };
  };
  const [first, ...others] = await Promise.all(basket.map(settle));
  return [first as Item, ...others];
}

/** What of it is paid again and again. */
export const recurringOf = (basket: Basket): Item[] => basket.filter(({ price }) => price.mode === "subscription");

/** The groups of what is subscribed to: of each, nobody holds two. */
export const groupsOf = (basket: Basket): string[] => recurringOf(basket).map(({ price }) => price.group);

function itemOf(price: SellablePrice, { quantity, adjustableQuantity: adjustable = false }: Ordered): Item {
  if (price.metered) {
    if (quantity === undefined && !adjustable) return { price, isDefault: true, adjustable };
    throw quantityNotAllowed("This price is paid by use, and has no quantity. Leave the quantity out.");
  }
  const chosen = quantity ?? price.bounds.least;
  assertWithin(price.bounds, chosen);
  return { price, quantity: chosen, isDefault: quantity === undefined, adjustable };
}

function assertTogether(basket: Basket): void {
  const [{ price: first }, ...others] = basket;
  if (new Set(basket.map(({ price }) => price.id)).size < basket.length) {
    throw new BillingError("invalid_request", "The same price is there twice. Name it once, with its quantity.");
  }
  const recurring = recurringOf(basket);
  if (recurring.length > MOST_RECURRING || basket.length - recurring.length > MOST_ONCE) {
    const most = `${MOST_RECURRING} recurring prices and ${MOST_ONCE} that are paid once`;
    throw new BillingError("invalid_request", `Stripe sells ${most} at a time, at the most. Take some out.`);
  }
  if (others.some(({ price }) => price.currency !== first.currency)) {
    throw new BillingError("currency_mismatch", "These prices are in different currencies. Choose all in one.");
  }
  assertOneSubscription(first, recurring);
  const amounts = basket.map(({ price, quantity = 0 }) => (price.unitAmount ?? 0) * packagesOf(price.packed, quantity));
  if (amounts.reduce((sum, amount) => sum + amount, 0) > mostAmountOf(first.currency)) throw amountTooLarge();
}

/** What recurs in it is one subscription, to things that do not exclude each other. */
function assertOneSubscription(first: SellablePrice, recurring: Item[]): void {
  if (first.mode === "payment" && recurring.length > 0) {
    throw notTogether("Name the recurring price as priceId, and what is paid once in items.");
  }
  if (recurring.some(({ price }) => price.every !== first.every)) {
    throw notTogether("What is bought together is paid equally often. Choose prices of one interval.");
  }
  if (new Set(recurring.map(({ price }) => price.group)).size < recurring.length) {
    throw notTogether("These exclude each other: choose one of them. Products that do not are in groups of their own.");
  }
  // Its trial is the subscription's: an add-on's would be one of the plan.
  if (first.group === "") return;
  if (recurring.some(({ price }) => price.group === "")) {
    throw notTogether("Name the plan as priceId, and what goes beside it in items.");
  }
  // Where all name a group, nobody can tell which is the plan.
  if (recurring.some(({ price }) => price.trialDays < first.trialDays)) {
    throw notTogether("These promise different trials. Buy them one after the other.");
  }
}

const notTogether = (message: string) => new BillingError("items_not_together", message);
