import { createHash } from "node:crypto";
import { requiredIdOf } from "../stripe/index.ts";
import type { Progress } from "./plan.ts";
import type { CatalogueConfig, PriceConfig } from "./schema.ts";

/**
 * In the configuration's metadata: a digest of the prices that customers change between, as it was set up last. The list itself
 * Stripe takes and does not show.
 */
export const PLANS = "billing_plans";
export const LAST_TIME = "others";

// As many as Stripe takes: https://docs.stripe.com/api/customer_portal/configurations/create
const MOST_PRODUCTS = 10;

/**
 * Lookup keys by product, of the prices that Stripe's portal changes: one for each interval of a product, none that is paid by use or does not
 * say how it is taxed.
 * @see https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions
 */
export function changeable({ products, portal = {} }: CatalogueConfig): Map<string, PriceConfig[]> {
  if (portal.switchPlans === false) return new Map();
  const fitting = products.flatMap(({ key, prices }): [string, PriceConfig[]][] => {
    const byInterval = new Map<string, PriceConfig>();
    for (const price of prices) {
      const { interval, intervalCount = 1, meter, taxBehavior } = price;
      const every = `${intervalCount} ${interval}`;
      if (interval && !meter && taxBehavior && !byInterval.has(every)) byInterval.set(every, price);
    }
    return byInterval.size > 0 ? [[key, [...byInterval.values()]]] : [];
  });
  return new Map(fitting.slice(0, MOST_PRODUCTS));
}

/** Of these the ones that somebody could change to: Stripe changes nobody to another currency, or to another way of being taxed. */
export function switchable(config: CatalogueConfig): Map<string, string[]> {
  const kind = ({ currency, taxBehavior }: PriceConfig) => `${currency} ${taxBehavior}`;
  const taken = changeable(config);
  const alike = Map.groupBy([...taken.values()].flat(), kind);
  const offered = [...taken].flatMap(([key, prices]) => {
    const keys = prices.flatMap((price) => ((alike.get(kind(price)) ?? []).length > 1 ? [price.lookupKey] : []));
    return keys.length > 0 ? [[key, keys] as const] : [];
  });
  return new Map(offered);
}

export const listOf = (offered: Map<string, string[]>) => [...offered.values()].flat().sort().join(", ") || "none";

/** The prices' ids, as far as they are made: the one of a lookup key may be followed by another. */
export const idsOf = (offered: Map<string, string[]>, ids: Map<string, string>): string[] =>
  [...offered.values()]
    .flat()
    .map((key) => ids.get(key) ?? key)
    .sort();

export const digestOf = (...what: unknown[]): string =>
  createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 16);

export function profileOf({ portal: { termsOfServiceUrl, privacyPolicyUrl } = {} }: CatalogueConfig) {
  return {
    ...(termsOfServiceUrl && { terms_of_service_url: termsOfServiceUrl }),
    ...(privacyPolicyUrl && { privacy_policy_url: privacyPolicyUrl }),
  };
}

export const updating = (what: ("price" | "quantity")[]) => ({
  enabled: true,
  default_allowed_updates: what,
  // What waits for the next invoice is had for nothing until then, and keeps the subscription from the next change.
  proration_behavior: "always_invoice" as const,
  // Else whoever changes their plan in a trial loses the free days that they were promised.
  trial_update_behavior: "continue_trial" as const,
});

export function productsOf(
  offered: Map<string, string[]>,
  { products, prices }: Pick<Progress, "products" | "prices">,
) {
  const id = (known: Map<string, string>, key: string) => requiredIdOf(known.get(key));
  return [...offered].map(([key, keys]) => ({
    product: id(products, key),
    prices: keys.map((lookupKey) => id(prices, lookupKey)),
  }));
}
