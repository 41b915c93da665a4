import type Stripe from "stripe";
import { boundsOf, MOST_OF_ONE } from "../catalog/schema.ts";
import { FOR_QUANTITIES, findForQuantities } from "../portal/index.ts";
import type { Progress, Step } from "./plan.ts";
import {
  changeable,
  digestOf,
  idsOf,
  LAST_TIME,
  listOf,
  PLANS,
  productsOf,
  profileOf,
  updating,
} from "./portal-plans.ts";
import type { CatalogueConfig } from "./schema.ts";

/**
 * What makes the portal's configuration in which a quantity may change: see `findForQuantities`.
 * @param ids of the prices that are there already
 */
export async function planQuantities(
  stripe: Stripe,
  config: CatalogueConfig,
  ids: Map<string, string>,
): Promise<Step[]> {
  const found = await findForQuantities(stripe);
  const isUsed = found?.active === true;
  const counted = new Map(
    [...changeable(config)].map(([key, prices]) => [key, prices.map(({ lookupKey }) => lookupKey)]),
  );
  const digest = (prices: Map<string, string>) =>
    digestOf(
      idsOf(counted, prices),
      [...counted.keys()].map((key) => quantityOf(config, key)),
      profileOf(config),
    );
  const base = { what: "portal", name: "the confirmation of another quantity", note: null } as const;
  if (counted.size === 0) {
    if (!isUsed) return [];
    const run = async (progress: Progress) =>
      void (await progress.stripe.billingPortal.configurations.update(found.id, { active: false }));
    return [{ ...base, does: "archive", changes: [], run }];
  }
  if (isUsed && found.metadata?.[PLANS] === digest(ids)) return [];
  const run = async (progress: Progress) => {
    const { configurations } = progress.stripe.billingPortal;
    const products = productsOf(counted, progress).map((product, place) => ({
      ...product,
      adjustable_quantity: quantityOf(config, [...counted.keys()][place] ?? ""),
    }));
    const params = {
      metadata: { ...FOR_QUANTITIES, [PLANS]: digest(progress.prices) },
      business_profile: profileOf(config),
      features: {
        payment_method_update: { enabled: true },
        subscription_update: { ...updating(["price", "quantity"]), products },
      },
    };
    await (found ? configurations.update(found.id, { ...params, active: true }) : configurations.create(params));
  };
  const changes = [{ field: "plans", from: isUsed ? LAST_TIME : null, to: listOf(counted) }];
  return [{ ...base, does: found ? "change" : "create", changes, run }];
}

/** As many as the file says. */
function quantityOf({ products }: CatalogueConfig, key: string) {
  const { least, most } = boundsOf(null, products.find((product) => product.key === key)?.metadata ?? null);
  return { enabled: true, minimum: least, ...(most < MOST_OF_ONE && { maximum: most }) };
}
