/** What is sold: an amount in the currency's smallest unit; negative for a credit. */
export interface Item {
  amount: number;
  product: string | null;
  discountable: boolean;
  taxes: readonly TaxTerms[];
}

export type TaxBehavior = "exclusive" | "inclusive";

/** How a line is taxed: once, or by several rates side by side. */
export interface TaxTerms {
  /** The tax rate's id; null where none applies. */
  id: string | null;
  /** In ten-thousandths of a percent. */
  rate: number;
  behavior: TaxBehavior;
  reason: "standard_rated" | "not_available" | "not_collecting" | "customer_exempt" | "reverse_charge";
}

/** A discount's terms. `percentOff` is in hundredths of a percent; one of the two is null. */
export interface Reduction {
  discount: string;
  percentOff: number | null;
  amountOff: number | null;
  /** The products that it is limited to; null: all. */
  products: readonly string[] | null;
}

/** What was granted to a customer beforehand, and which of the items can be paid with it. */
export interface Allowance {
  grant: string;
  amount: number;
  reaches: readonly boolean[];
}

export interface PricedLine {
  subtotal: number;
  /** The subtotal less the tax that is in it. */
  subtotalExcludingTax: number;
  discounts: { discount: string; amount: number }[];
  credits: { grant: string; amount: number }[];
  taxes: { terms: TaxTerms; amount: number }[];
  tax: number;
  /** What taxes are taken from: after discounts and credits, without the taxes that are in it. */
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
 * reaches. What was granted is used up line by line, after discounts and before tax
 * (https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits). Tax is rounded line by line, and rate by rate. So every total is the sum of its lines.
 */
export function priceItems(
  items: readonly Item[],
  reductions: readonly Reduction[],
  allowances: readonly Allowance[] = [],
): Pricing {
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
  const credits = useUp(allowances, left);
  return sum(
    items.map((item, index) =>
      priceLine(item, left[index] ?? 0, { discounts: discounts[index] ?? [], credits: credits[index] ?? [] }),
    ),
  );
}

/** Takes what was granted off what is left of each line. */
function useUp(allowances: readonly Allowance[], left: number[]): PricedLine["credits"][] {
  const credits: PricedLine["credits"][] = left.map(() => []);
  for (const { grant, amount, reaches } of allowances) {
    let rest = amount;
    for (const [index, owed] of left.entries()) {
      const used = reaches[index] ? Math.min(rest, Math.max(0, owed)) : 0;
      if (used === 0) continue;
      rest -= used;
      left[index] = owed - used;
      credits[index]?.push({ grant, amount: used });
    }
  }
  return credits;
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

const WHOLE = 1_000_000;

function priceLine(
  { amount, taxes: terms }: Item,
  net: number,
  off: Pick<PricedLine, "discounts" | "credits">,
): PricedLine {
  const within = terms.filter(({ behavior }) => behavior === "inclusive").reduce((sum, { rate }) => sum + rate, 0);
  const taxesIn = (of: number) =>
    terms.map(({ behavior, rate }) => (behavior === "inclusive" ? proportion(of, rate, WHOLE + within) : 0));
  const included = taxesIn(net);
  const taxable = net - total(included);
  const taxes = terms.map((each, index) => ({
    terms: each,
    amount: each.behavior === "inclusive" ? (included[index] ?? 0) : proportion(taxable, each.rate, WHOLE),
  }));
  const tax = total(taxes.map((each) => each.amount));
  return {
    subtotal: amount,
    subtotalExcludingTax: amount - total(taxesIn(amount)),
    ...off,
    taxes,
    tax,
    taxable,
    total: taxable + tax,
  };
}

const total = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);

function sum(lines: PricedLine[]): Pricing {
  const of = (amount: (line: PricedLine) => number) => total(lines.map(amount));
  return {
    lines,
    subtotal: of((line) => line.subtotal),
    subtotalExcludingTax: of((line) => line.subtotalExcludingTax),
    discount: of((line) => discountOn(line)),
    tax: of((line) => line.tax),
    total: of((line) => line.total),
    totalExcludingTax: of((line) => line.taxable),
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
