/** What is sold: an amount in the currency's smallest unit; negative for a credit. */
export interface Item {
  amount: number;
  product: string | null;
  discountable: boolean;
  taxBehavior: TaxBehavior;
}

export type TaxBehavior = "exclusive" | "inclusive";

/** A discount's terms. `percentOff` is in hundredths of a percent; one of the two is null. */
export interface Reduction {
  discount: string;
  percentOff: number | null;
  amountOff: number | null;
  /** The products that it is limited to; null: all. */
  products: readonly string[] | null;
}

export interface PricedLine {
  subtotal: number;
  /** The subtotal less the tax that is in it. */
  subtotalExcludingTax: number;
  discounts: { discount: string; amount: number }[];
  tax: number;
  taxBehavior: TaxBehavior;
  /** What the tax is taken from: after discounts, without the tax itself. */
  taxable: number;
  total: number;
}

export interface Pricing {
  lines: PricedLine[];
  subtotal: number;
  subtotalExcludingTax: number;
  discount: number;
  tax: number;
  total: number;
  totalExcludingTax: number;
}

/**
 * Subtotal, less discounts, plus tax: the one computation behind checkout, invoices and previews.
 * Discounts apply one after the other, each to what the ones before left
 * (https://docs.stripe.com/billing/subscriptions/coupons#stackable-discounts), and each is shared out over the lines it
 * reaches. Tax is rounded line by line. So every total is the sum of its lines.
 * @param taxRate in basis points
 */
export function priceItems(items: readonly Item[], reductions: readonly Reduction[], taxRate: number): Pricing {
  const discounts: PricedLine["discounts"][] = items.map(() => []);
  const left = items.map((item) => item.amount);
  for (const reduction of reductions) {
    const amounts = reduce(items, left, reduction);
    for (const [index, amount] of amounts.entries()) {
      if (amount === 0) continue;
      left[index] = (left[index] ?? 0) - amount;
      discounts[index]?.push({ discount: reduction.discount, amount });
    }
  }
  return sum(items.map((item, index) => priceLine(item, left[index] ?? 0, discounts[index] ?? [], taxRate)));
}

/** What a discount takes off each line, of what is left of it. Credits are not discounted. */
function reduce(items: readonly Item[], left: readonly number[], { percentOff, amountOff, products }: Reduction) {
  const reached = items.map(({ discountable, product }, index) => {
    const applies = discountable && (products === null || (product !== null && products.includes(product)));
    return applies ? Math.max(0, left[index] ?? 0) : 0;
  });
  const whole = reached.reduce((total, amount) => total + amount, 0);
  const off = percentOff === null ? Math.min(amountOff ?? 0, whole) : proportion(whole, percentOff, 10_000);
  return share(off, reached);
}

function priceLine(
  { amount, taxBehavior }: Item,
  net: number,
  discounts: PricedLine["discounts"],
  rate: number,
): PricedLine {
  const inclusive = taxBehavior === "inclusive";
  const taxIn = (of: number) => proportion(of, rate, 10_000 + rate);
  const tax = inclusive ? taxIn(net) : proportion(net, rate, 10_000);
  return {
    subtotal: amount,
    subtotalExcludingTax: inclusive ? amount - taxIn(amount) : amount,
    discounts,
    tax,
    taxBehavior,
    taxable: inclusive ? net - tax : net,
    total: inclusive ? net : net + tax,
  };
}

function sum(lines: PricedLine[]): Pricing {
  const total = (of: (line: PricedLine) => number) => lines.reduce((whole, line) => whole + of(line), 0);
  return {
    lines,
    subtotal: total((line) => line.subtotal),
    subtotalExcludingTax: total((line) => line.subtotalExcludingTax),
    discount: total((line) => discountOn(line)),
    tax: total((line) => line.tax),
    total: total((line) => line.total),
    totalExcludingTax: total((line) => line.taxable),
  };
}

export const discountOn = ({ discounts }: PricedLine): number =>
  discounts.reduce((whole, { amount }) => whole + amount, 0);

/** `amount × numerator ÷ denominator` in whole units; halves go away from zero, so that a credit mirrors its charge. */
export function proportion(amount: number, numerator: number, denominator: number): number {
  const [product, divisor] = [BigInt(Math.abs(amount)) * BigInt(numerator), BigInt(denominator)];
  const rounded = Number((2n * product + divisor) / (2n * divisor));
  return amount < 0 && rounded > 0 ? -rounded : rounded;
}

/** Splits an amount by weights, to the last unit: what rounding leaves over goes to the largest fractions. */
export function share(amount: number, weights: readonly number[]): number[] {
  const whole = weights.reduce((total, weight) => total + weight, 0);
  if (whole === 0) return weights.map(() => 0);
  const parts = weights.map((weight, index) => {
    const product = BigInt(amount) * BigInt(weight);
    return { index, floor: Number(product / BigInt(whole)), fraction: Number(product % BigInt(whole)) };
  });
  const over = amount - parts.reduce((total, { floor }) => total + floor, 0);
  const lucky = [...parts].sort((a, b) => b.fraction - a.fraction || a.index - b.index).slice(0, over);
  return parts.map(({ index, floor }) => floor + (lucky.some((part) => part.index === index) ? 1 : 0));
}
