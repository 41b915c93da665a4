import type Stripe from "stripe";

interface Offer {
  product: Stripe.ProductCreateParams;
  /** Each with a lookup key, by which a second run finds it again. */
  prices: (Omit<Stripe.PriceCreateParams, "product"> & { lookup_key: string })[];
}

const monthly = (unit_amount: number, lookup_key: string) =>
  ({ unit_amount, lookup_key, currency: "usd", recurring: { interval: "month" } }) as const;
const yearly = (unit_amount: number, lookup_key: string) =>
  ({ unit_amount, lookup_key, currency: "usd", recurring: { interval: "year" } }) as const;

const OFFERS: Offer[] = [
  {
    product: {
      name: "Starter",
      description: "For one person who begins.",
      marketing_features: [{ name: "1 project" }, { name: "Community support" }],
    },
    prices: [monthly(900, "starter_monthly"), yearly(9000, "starter_yearly")],
  },
  {
    product: {
      name: "Pro",
      description: "For teams that ship.",
      marketing_features: [{ name: "Unlimited projects" }, { name: "Priority support" }, { name: "Audit log" }],
    },
    prices: [monthly(2900, "pro_monthly"), yearly(29_000, "pro_yearly")],
  },
  {
    product: {
      name: "Credits",
      description: "1,000 credits that do not expire.",
      marketing_features: [{ name: "1,000 credits" }, { name: "One payment, no subscription" }],
    },
    prices: [{ unit_amount: 4900, lookup_key: "credits_1000", currency: "usd" }],
  },
];

/** Gives an empty Stripe account something to sell. What is there already, by its lookup key, is left as it is. */
export async function seedCatalogue(stripe: Stripe): Promise<void> {
  const lookup_keys = OFFERS.flatMap(({ prices }) => prices.map((price) => price.lookup_key));
  const { data } = await stripe.prices.list({ lookup_keys, limit: 100 });
  const known = new Map(data.map((price) => [price.lookup_key, price]));
  for (const { product, prices } of OFFERS) {
    const missing = prices.filter((price) => !known.has(price.lookup_key));
    if (missing.length === 0) continue;
    const sibling = prices.map((price) => known.get(price.lookup_key)).find(Boolean);
    const owner = sibling?.product ?? (await stripe.products.create(product)).id;
    for (const price of missing)
      await stripe.prices.create({ ...price, product: typeof owner === "string" ? owner : owner.id });
  }
}
