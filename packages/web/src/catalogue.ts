import { type Bounds, boundsOf, MOST_OF_ONE } from "@turnpike/core/catalog/schema";
import { cadenceOf, leastOf, perMonth, usualCadence } from "./cadence.ts";
import { amountOf, formatMoney, leastCharge } from "./money.ts";
import { getDatabase, type Tables } from "./supabase.ts";

export type Product = Pick<
  Tables["products"]["Row"],
  "id" | "name" | "description" | "default_price_id" | "marketing_features" | "active" | "metadata"
>;

/**
 * `unit_amount` is in the smallest unit of the currency, or a fraction of it, and null where the amount depends on how many are bought,
 * or is for the buyer to say.
 */
export type Price = Pick<
  Tables["prices"]["Row"],
  | "id"
  | "product_id"
  | "active"
  | "nickname"
  | "currency"
  | "type"
  | "unit_amount"
  | "recurring_interval"
  | "recurring_interval_count"
  | "trial_period_days"
  | "usage_type"
  | "currency_options"
  | "transform_quantity"
  | "metadata"
>;

type Amount = Pick<Tables["prices"]["Row"], "unit_amount" | "unit_amount_decimal">;

/** A product and the prices it may be bought at, the one to show first in front. */
export interface Offer {
  product: Product;
  prices: Price[];
}

export interface Catalogue {
  plans: Offer[];
  oneTime: Offer[];
  /** Also those that are archived and that the user has had: they are not offered, but have a name. */
  products: Product[];
  prices: Price[];
}

/** What is on sale, and what the user has had. */
export async function loadCatalogue(): Promise<Catalogue> {
  const database = getDatabase();
  const [products, prices] = await Promise.all([
    database
      .from("products")
      .select("id, name, description, default_price_id, marketing_features, active, metadata")
      .throwOnError(),
    database
      .from("prices")
      .select(
        "id, product_id, active, nickname, currency, type, unit_amount, unit_amount_decimal, recurring_interval, recurring_interval_count, trial_period_days, usage_type, transform_quantity, currency_options, metadata",
      )
      .throwOnError(),
  ]);
  return arrangeCatalogue(
    products.data,
    prices.data.map((price) => ({ ...price, unit_amount: unitAmountOf(price) })),
  );
}

/** Subscriptions and one-time products apart, the cheapest first. A product with both kinds of price is in both. */
export function arrangeCatalogue(products: Product[], prices: Price[]): Catalogue {
  const offers = (type: "recurring" | "one_time") => {
    const found = products
      .filter((product) => product.active)
      .map((product) => ({
        product,
        prices: prices
          .flatMap(inEachCurrency)
          .filter((price) => price.type === type && price.product_id === product.id && canBeSold(price, product))
          .sort((a, b) => rank(a, product) - rank(b, product)),
      }))
      .filter((offer) => offer.prices.length > 0);
    return found.sort(byCost(currenciesOf(found)[0]));
  };
  return { plans: offers("recurring"), oneTime: offers("one_time"), products, prices };
}

const unitAmountOf = ({ unit_amount: whole, unit_amount_decimal: decimal }: Amount) =>
  whole ?? (decimal === null ? null : Number(decimal));

const inEachCurrency = (price: Price): Price[] => [
  price,
  ...Object.keys(price.currency_options)
    .filter((currency) => currency !== price.currency)
    .map((currency) => priceIn(price, currency)),
];

/** A price as it is in one of its currencies; as it is, where it has no such amount. */
export function priceIn(price: Price, currency: string): Price {
  const option = price.currency_options[currency];
  return option ? { ...price, currency, unit_amount: unitAmountOf(option) } : price;
}

function canBeSold(price: Price, product: Product): boolean {
  const { least, most } = boundsOf(price.metadata, product.metadata);
  return price.active && least <= most && isCharged(price, choiceOfQuantity(price, product)?.most ?? least);
}

/** Whether so many come to as much as Stripe charges: what costs less cannot be bought. */
function isCharged(price: Price, quantity: number): boolean {
  const amount = amountOf(price, quantity) ?? 0;
  return !price.unit_amount || price.usage_type === "metered" || amount >= leastCharge(price.currency);
}

/** As it is shown: of the least that are sold. */
const monthly = (price: Price, product: Product) => perMonth(price, leastOf(price, product));

const rank = (price: Price, product: Product) => (price.id === product.default_price_id ? -1 : monthly(price, product));

/** What costs less comes first, of those in one currency; the others after them, currency by currency. */
const byCost = (first: string | undefined) => (a: Offer, b: Offer) => {
  const [one, other] = [a, b].map((offer) => {
    const inFirst = offer.prices.filter(({ currency }) => currency === first);
    const prices = inFirst.length > 0 ? inFirst : offer.prices;
    return {
      currency: prices[0]?.currency ?? "",
      amount: Math.min(...prices.map((price) => monthly(price, offer.product))),
    };
  }) as [{ currency: string; amount: number }, { currency: string; amount: number }];
  if (one.currency === other.currency) return one.amount - other.amount;
  if (one.currency === first) return -1;
  if (other.currency === first) return 1;
  return one.currency < other.currency ? -1 : 1;
};

/** All currencies that something is sold in, the one of most offers first. */
export function currenciesOf(offers: Offer[]): string[] {
  const counts = new Map<string, number>();
  for (const { prices } of offers)
    for (const currency of new Set(prices.map((price) => price.currency)))
      counts.set(currency, (counts.get(currency) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([currency]) => currency);
}

/** What the visitor looks for. */
export interface Taste {
  currency: string | undefined;
  cadence: string | undefined;
}

/** An offer, and those of its prices that fit: of one currency, and paid equally often. */
export type Shown = Offer & { fitting: Price[] };

/**
 * The offers with the prices to show of each. What is not sold in the currency, or at the cadence, is shown as it is sold: its usual
 * cadence, else the first. `mayDiffer` says whether it may be in another currency.
 */
export function fitting(offers: Offer[], taste: Taste, mayDiffer: (offer: Offer) => boolean): Shown[] {
  const usual = usualCadence(offers);
  return [...offers].sort(byCost(taste.currency)).flatMap((offer) => {
    const inCurrency = offer.prices.filter(({ currency }) => currency === taste.currency);
    if (inCurrency.length === 0 && !mayDiffer(offer)) return [];
    const currency = offer.prices[0]?.currency;
    const pool = inCurrency.length > 0 ? inCurrency : offer.prices.filter((price) => price.currency === currency);
    const at = (cadence: string | undefined) => pool.filter((price) => cadenceOf(price) === cadence);
    const first = pool[0] && cadenceOf(pool[0]);
    const found = [at(taste.cadence), at(usual), at(first)].find((prices) => prices.length > 0);
    return found ? [{ ...offer, fitting: found }] : [];
  });
}

/** How many of a price the visitor chooses; nothing, where there is no choice. */
export function choiceOfQuantity(price: Price, product: Product): Bounds | undefined {
  const bounds = boundsOf(price.metadata, product.metadata);
  const isFree = bounds.least === 1 && bounds.most === MOST_OF_ONE;
  return isFree || bounds.least === bounds.most || price.usage_type === "metered" ? undefined : bounds;
}

/** The amount of a price and what it is for: `["$12", "per month"]`. */
export function priceTag(price: Price, quantity = 1): { amount: string; per: string } {
  const count = price.recurring_interval_count ?? 1;
  const interval = count === 1 ? price.recurring_interval : `${count} ${price.recurring_interval}s`;
  const per = price.type === "recurring" ? `per ${interval}` : "once";
  const { unit_amount: amount, currency } = price;
  if (amount === null)
    return { amount: price.usage_type === "metered" ? "By use" : "Varies", per: "shown at checkout" };
  const total = quantity > 1 ? (amountOf(price, quantity) ?? amount) : amount;
  const money = formatMoney(total, currency, { whole: true });
  if (price.usage_type === "metered") return { amount: money, per: "for each unit that you use" };
  return amount === 0 ? { amount: "Free", per: "" } : { amount: money, per };
}

/** The same of what is had, or would be: each at its amount, or what packages come to. Nothing where that is not known. */
export function tagOf(price: Price, quantity: number): { amount: string; per: string } | undefined {
  if (price.unit_amount === null && price.usage_type !== "metered") return undefined;
  const { amount, per } = priceTag(price);
  if (quantity <= 1 || amount === "Free") return { amount, per };
  if (price.transform_quantity) return { amount: `${priceTag(price, quantity).amount} for ${quantity}`, per };
  return { amount: `${quantity} × ${amount}`, per };
}
