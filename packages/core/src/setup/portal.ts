import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { type ByHand, changesOf, type Progress, type Step } from "./plan.ts";
import {
  digestOf,
  idsOf,
  LAST_TIME,
  listOf,
  PLANS,
  productsOf,
  profileOf,
  switchable,
  updating,
} from "./portal-plans.ts";
import { planQuantities } from "./portal-quantities.ts";
import type { CatalogueConfig } from "./schema.ts";
import type { Standing } from "./standing.ts";

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
  const plans = (found.metadata?.[PLANS] ?? "") === digestOf(idsOf(offered, ids)) ? listOf(offered) : LAST_TIME;
  const quantities = await planQuantities(stripe, config, ids);
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
  return { steps: [...(changes.length > 0 ? [step] : []), ...quantities], byHand: [] };
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

/** What the portal cannot offer as it is, though customers would look for it there. */
function untold({ products, portal = {} }: CatalogueConfig): string | null {
  if (portal.switchPlans === false) return null;
  const plans = products.flatMap(({ prices }) => prices.filter(({ interval, meter }) => interval && !meter));
  const missing = plans.flatMap(({ lookupKey, taxBehavior }) => (taxBehavior ? [] : [lookupKey]));
  if (missing.length === 0) return null;
  return `Stripe changes nobody to a price, or from one, that lacks taxBehavior: ${missing.join(", ")}`;
}

function paramsOf(config: CatalogueConfig, offered: Map<string, string[]>, progress: Progress) {
  const cancel = config.portal?.cancel ?? "at_period_end";
  const profile = profileOf(config);
  return {
    metadata: { [PLANS]: digestOf(idsOf(offered, progress.prices)) },
    ...(Object.keys(profile).length > 0 && { business_profile: profile }),
    features: {
      payment_method_update: { enabled: true },
      invoice_history: { enabled: true },
      subscription_cancel: cancel ? { enabled: true, mode: cancel } : { enabled: false },
      subscription_update:
        offered.size === 0 ? { enabled: false } : { ...updating(["price"]), products: productsOf(offered, progress) },
    },
  } satisfies Stripe.BillingPortal.ConfigurationUpdateParams;
}
