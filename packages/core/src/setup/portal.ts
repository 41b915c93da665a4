import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { requiredIdOf } from "../stripe/index.ts";
import { type ByHand, changesOf, type Progress, type Step } from "./plan.ts";
import type { CatalogueConfig, PriceConfig } from "./schema.ts";
import type { Standing } from "./standing.ts";

/**
 * In the configuration's metadata: a digest of the prices that customers change between, as it was set up last. The list itself
 * Stripe takes and does not show.
 */
const PLANS = "billing_plans";
const LAST_TIME = "others";

// As many as Stripe takes: https://docs.stripe.com/api/customer_portal/configurations/create
const MOST_PRODUCTS = 10;

/**
 * What makes the portal offer what customers need. It is the account's own configuration, which sessions use that name none; the
 * first time Stripe makes it only when its settings are saved by hand.
 * @param before what is done to the catalogue first: the prices that are made have no id yet
 */
export async function planPortal(
  { stripe }: Clients,
  standing: Standing,
  config: CatalogueConfig,
  before: Step[],
): Promise<{ steps: Step[]; byHand: ByHand[] }> {
  const { data } = await stripe.billingPortal.configurations.list({ is_default: true, limit: 1 });
  const [found] = data;
  if (!found) {
    const where = `https://dashboard.stripe.com/${stripe.livemode ? "" : "test/"}settings/billing/portal`;
    return {
      steps: [],
      byHand: [{ says: "Save the customer portal's settings once, as they are; then run this again", where }],
    };
  }
  const wanted = wantedOf(config);
  const offered = switchable(config);
  const made = new Set(before.flatMap(({ what, does, name }) => (what === "price" && does !== "change" ? [name] : [])));
  const ids = new Map([...standing.prices].flatMap(([key, { id }]) => (made.has(key) ? [] : [[key, id] as const])));
  const plans = (found.metadata?.[PLANS] ?? "") === digestOf(offered, ids) ? listOf(offered) : LAST_TIME;
  const changes = changesOf(shown(found, plans), {
    ...wanted,
    "plans to change between": listOf(offered),
    ...(offered.size > 0 && { [PAID]: PAID_WHEN.always_invoice }),
  });
  const run = async (progress: Progress) =>
    void (await progress.stripe.billingPortal.configurations.update(found.id, paramsOf(config, offered, progress)));
  const step: Step = {
    does: "change",
    what: "portal",
    name: "the customer portal",
    changes,
    note: untold(config),
    run,
  };
  return { steps: changes.length > 0 ? [step] : [], byHand: [] };
}

const PAID = "a change of plan is paid";
const PAID_WHEN: Record<string, string> = {
  always_invoice: "at once",
  create_prorations: "with the next invoice",
  none: "never",
};

const onOff = (enabled: boolean) => (enabled ? "on" : "off");

function wantedOf({ portal = {} }: CatalogueConfig) {
  const { cancel = "at_period_end", termsOfServiceUrl, privacyPolicyUrl } = portal;
  return {
    "cancel subscriptions": cancel || "off",
    "change the card": "on",
    "see invoices": "on",
    ...(termsOfServiceUrl && { "terms of service": termsOfServiceUrl }),
    ...(privacyPolicyUrl && { "privacy policy": privacyPolicyUrl }),
  };
}

function shown({ features, business_profile: profile }: Stripe.BillingPortal.Configuration, plans: string) {
  const { subscription_cancel: cancel, subscription_update: update } = features;
  return {
    "cancel subscriptions": cancel.enabled ? cancel.mode : "off",
    "change the card": onOff(features.payment_method_update.enabled),
    "see invoices": onOff(features.invoice_history.enabled),
    "terms of service": profile.terms_of_service_url,
    "privacy policy": profile.privacy_policy_url,
    "plans to change between": update.enabled ? plans : "none",
    [PAID]: PAID_WHEN[update.proration_behavior],
  };
}

const listOf = (offered: Map<string, string[]>) => [...offered.values()].flat().sort().join(", ") || "none";

/** Of the prices by their ids: the one of a lookup key may be followed by another. */
function digestOf(offered: Map<string, string[]>, ids: Map<string, string>): string {
  const prices = [...offered.values()].flat().map((key) => ids.get(key) ?? key);
  return createHash("sha256").update(prices.sort().join()).digest("hex").slice(0, 16);
}

/** What the portal cannot offer as it is, though customers would look for it there. */
function untold({ products, portal = {} }: CatalogueConfig): string | null {
  if (portal.switchPlans === false) return null;
  const plans = products.flatMap(({ prices }) => prices.filter(({ interval, meter }) => interval && !meter));
  const missing = plans.flatMap(({ lookupKey, taxBehavior }) => (taxBehavior ? [] : [lookupKey]));
  if (missing.length === 0) return null;
  return `Stripe changes nobody to a price, or from one, that lacks taxBehavior: ${missing.join(", ")}`;
}

/**
 * Lookup keys by product. Stripe takes one price for each interval of a product, none that is paid by use, and changes nobody to
 * another currency or between prices that do not say how they are taxed: what nobody could change to is left out.
 * @see https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions
 */
function switchable({ products, portal = {} }: CatalogueConfig): Map<string, string[]> {
  if (portal.switchPlans === false) return new Map();
  const fitting = products.flatMap(({ key, prices }) => {
    const byInterval = new Map<string, PriceConfig>();
    for (const price of prices) {
      const { interval, intervalCount = 1, meter, taxBehavior } = price;
      const every = `${intervalCount} ${interval}`;
      if (interval && !meter && taxBehavior && !byInterval.has(every)) byInterval.set(every, price);
    }
    return byInterval.size > 0 ? [{ key, prices: [...byInterval.values()] }] : [];
  });
  const taken = fitting.slice(0, MOST_PRODUCTS);
  const kind = ({ currency, taxBehavior }: PriceConfig) => `${currency} ${taxBehavior}`;
  const alike = Map.groupBy(
    taken.flatMap(({ prices }) => prices),
    kind,
  );
  const offered = taken.flatMap(({ key, prices }) => {
    const keys = prices.flatMap((price) => ((alike.get(kind(price)) ?? []).length > 1 ? [price.lookupKey] : []));
    return keys.length > 0 ? [[key, keys] as const] : [];
  });
  return new Map(offered);
}

function paramsOf({ portal = {} }: CatalogueConfig, offered: Map<string, string[]>, { products, prices }: Progress) {
  const { cancel = "at_period_end", termsOfServiceUrl, privacyPolicyUrl } = portal;
  const profile = {
    ...(termsOfServiceUrl && { terms_of_service_url: termsOfServiceUrl }),
    ...(privacyPolicyUrl && { privacy_policy_url: privacyPolicyUrl }),
  };
  const id = (known: Map<string, string>, key: string) => requiredIdOf(known.get(key));
  return {
    metadata: { [PLANS]: digestOf(offered, prices) },
    ...(Object.keys(profile).length > 0 && { business_profile: profile }),
    features: {
      payment_method_update: { enabled: true },
      invoice_history: { enabled: true },
      subscription_cancel: cancel ? { enabled: true, mode: cancel } : { enabled: false },
      subscription_update:
        offered.size === 0
          ? { enabled: false }
          : {
              enabled: true,
              default_allowed_updates: ["price" as const],
              // What waits for the next invoice is had for nothing until then, and keeps the subscription from the next change.
              proration_behavior: "always_invoice" as const,
              // Else whoever changes their plan in a trial loses the free days that they were promised.
              trial_update_behavior: "continue_trial" as const,
              products: [...offered].map(([key, keys]) => ({
                product: id(products, key),
                prices: keys.map((lookupKey) => id(prices, lookupKey)),
              })),
            },
    },
  } satisfies Stripe.BillingPortal.ConfigurationUpdateParams;
}
