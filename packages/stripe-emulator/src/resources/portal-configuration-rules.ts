import type Stripe from "stripe";
import { found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { isMetered } from "../billing/subscription.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { Features } from "./portal-offer.ts";

type Price = Stored<Stripe.Price>;

const PRODUCTS = "features[subscription_update][products]";

/** https://docs.stripe.com/api/customer_portal/configurations/create#create_portal_configuration-features-subscription_update-products */
const MOST_PRODUCTS = 10;

/**
 * Stripe's 400 for a configuration with which nobody could change their plan. The whole of it is looked at whenever any of it is
 * changed: a price that was archived since must be taken out first.
 */
export function refuseUnfitFeatures(
  world: World,
  { subscription_update: update, payment_method_update: method }: Features,
): void {
  if (!update.enabled) return;
  if (!method.enabled) throw invalid("Cannot enable subscription updates while payment method update is disabled.");
  const products = update.products ?? [];
  if (products.length === 0) throw missingParameter(PRODUCTS);
  if (products.length > MOST_PRODUCTS)
    throw invalid(`Array products exceeded maximum ${MOST_PRODUCTS} allowed elements.`, undefined, PRODUCTS);
  for (const [place, { product, prices }] of products.entries()) {
    const param = `${PRODUCTS}[${place}]`;
    if (!world.store.products.find(product)) throw noSuch("product", product, `${param}[product]`);
    const found = prices.map((id, at) => offerable(world, product, id, `${param}[prices][${at}]`));
    if (new Set(found.map(intervalOf)).size < found.length) {
      throw invalid(
        "You cannot define multiple prices with the same product and recurring interval.",
        undefined,
        `${param}[prices]`,
      );
    }
  }
}

function offerable(world: World, product: string, id: string, param: string): Price {
  const price = found(world.store.prices.find(id), "price", id, param);
  if (price.product !== product)
    throw invalid(`The price \`${id}\` does not belong to the product \`${product}\`.`, undefined, param);
  if (price.active && price.recurring && !isMetered(price)) return price;
  throw invalid("Only active, per unit licensed prices are supported.", undefined, param);
}

const intervalOf = ({ recurring }: Price) => `${recurring?.interval_count} ${recurring?.interval}`;
