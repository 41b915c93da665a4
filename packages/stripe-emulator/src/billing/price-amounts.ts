import type Stripe from "stripe";
import type { Tier } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

type Price = Stored<Stripe.Price>;

/** Decimals of the smallest unit have so many places (https://docs.stripe.com/api/prices/create#create_price-unit_amount_decimal). */
const PLACES = 12;
const ONE = 10n ** BigInt(PLACES);

/** A decimal such as `0.05`, exactly: how many of the smallest places it has. */
function placesOf(decimal: string): bigint {
  const [whole = "0", fraction = ""] = decimal.split(".");
  return BigInt(whole) * ONE + BigInt(fraction.padEnd(PLACES, "0"));
}

/** So many times a decimal, in whole units: half up, once for all of them (https://docs.stripe.com/products-prices/pricing-models). */
function times(decimal: string, quantity: number): number {
  const [halves, unit] = [2n * placesOf(decimal) * BigInt(quantity) + ONE, 2n * ONE];
  return Number((halves < 0n ? halves - unit + 1n : halves) / unit);
}

/** An amount shared out evenly, as a decimal, to the last place. */
export function amountEach(amount: number, quantity: number): string {
  const [whole, units] = [BigInt(Math.abs(amount)) * ONE, BigInt(Math.max(quantity, 1))];
  const places = (2n * whole + units) / (2n * units);
  const fraction = String(places % ONE)
    .padStart(PLACES, "0")
    .replace(/0+$/, "");
  return `${amount < 0 ? "-" : ""}${places / ONE}${fraction === "" ? "" : `.${fraction}`}`;
}

/** An amount as it was named: the decimal, and the whole number that it is, if it is one. */
export function namedAmount(decimal: string): { amount: number | null; decimal: string } {
  const trimmed = decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
  return { amount: trimmed.includes(".") ? null : Number(trimmed), decimal: trimmed };
}

/** What is charged for a quantity: of a price in graduated tiers, for each that it reaches. */
export interface Share {
  quantity: number;
  amount: number;
  tier: { number: number; unit: string } | null;
}

/** What a quantity costs, in the price's own currency, by its tiers or packages where it has them. */
export function sharesOf({ store }: World, price: Price, quantity: number): Share[] {
  const tiers = store.priceTiers.find(price.id)?.tiers;
  if (tiers) return price.tiers_mode === "volume" ? [byVolume(tiers, quantity)] : graduated(tiers, quantity);
  const amount = times(price.unit_amount_decimal ?? "0", packagesIn(price, quantity));
  return [{ quantity, amount, tier: null }];
}

export const amountOf = (world: World, price: Price, quantity: number): number =>
  sharesOf(world, price, quantity).reduce((sum, { amount }) => sum + amount, 0);

/** https://docs.stripe.com/products-prices/pricing-models#package-pricing */
function packagesIn({ transform_quantity: packages }: Price, quantity: number): number {
  if (!packages) return quantity;
  const whole = quantity / packages.divide_by;
  return packages.round === "up" ? Math.ceil(whole) : Math.floor(whole);
}

const within = ({ up_to: most }: Tier, quantity: number) => most === null || quantity <= most;

const shareOf = (tier: Tier, number: number, quantity: number): Share => ({
  quantity,
  amount: times(tier.unit_amount_decimal ?? "0", quantity) + times(tier.flat_amount_decimal ?? "0", 1),
  tier: { number: number + 1, unit: tier.unit_amount_decimal ?? "0" },
});

/** All of it at the price of the tier that it ends in (https://docs.stripe.com/products-prices/pricing-models#volume-pricing). */
function byVolume(tiers: readonly Tier[], quantity: number): Share {
  const reached = tiers.findIndex((tier) => within(tier, quantity));
  return shareOf(tiers[reached] as Tier, reached, quantity);
}

/**
 * Each part of it at its tier's price. The flat amount of the first tier is due for none, too
 * (https://docs.stripe.com/products-prices/pricing-models#graduated-pricing).
 */
function graduated(tiers: readonly Tier[], quantity: number): Share[] {
  const last = tiers.findIndex((tier) => within(tier, quantity));
  return tiers.slice(0, last + 1).map((tier, number) => {
    const before = tiers[number - 1]?.up_to ?? 0;
    return shareOf(tier, number, Math.min(quantity, tier.up_to ?? quantity) - before);
  });
}
