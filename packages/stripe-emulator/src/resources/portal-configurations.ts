import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { boolean, mergeMetadata, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { dashboardOf } from "../state/dashboard.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { type ConfigurationParams, createParams, updateParams } from "./portal-configuration-params.ts";
import { refuseUnfitFeatures } from "./portal-configuration-rules.ts";
import { FEEDBACK } from "./subscription-params.ts";

export type PortalConfiguration = Stored<Stripe.BillingPortal.Configuration>;
type Features = PortalConfiguration["features"];

const DEFAULT = "bpc_default";

/** What a configuration that was made by API offers before its features are switched on: nothing. */
const NOTHING: Features = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, feedback_options: null, options: [] },
    enabled: false,
    mode: "at_period_end",
    proration_behavior: "none",
  },
  subscription_pause: { duration: { interval_options: [], type: "indefinite" }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: "unchanged",
    default_allowed_updates: [],
    enabled: false,
    products: null,
    proration_behavior: "none",
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: "end_trial",
  },
};

/**
 * What the account's own configuration offers once its settings were saved as they are: customers cannot switch plans
 * (https://docs.stripe.com/customer-management/configure-portal).
 */
const BY_DEFAULT: Features = {
  ...NOTHING,
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: {
    ...NOTHING.subscription_cancel,
    cancellation_reason: { enabled: true, feedback_options: null, options: [...FEEDBACK] },
    enabled: true,
  },
};

function newConfiguration(world: World, id: string, features: Features): PortalConfiguration {
  return {
    id,
    object: "billing_portal.configuration",
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: world.now(),
    default_return_url: null,
    features,
    is_default: id === DEFAULT,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: world.now(),
  };
}

/** The account's own configuration, as the dashboard makes it. */
export const defaultConfiguration = (world: World): PortalConfiguration =>
  world.store.portalConfigurations.find(DEFAULT) ??
  world.store.portalConfigurations.put(newConfiguration(world, DEFAULT, BY_DEFAULT));

/** 404, or 400 where a parameter named it. */
export function getConfiguration(world: World, id: string, param?: string): PortalConfiguration {
  return found(
    id === DEFAULT ? defaultConfiguration(world) : world.store.portalConfigurations.find(id),
    "configuration",
    id,
    param,
  );
}

function patched(before: PortalConfiguration, params: ConfigurationParams): Partial<PortalConfiguration> {
  const { features = {}, business_profile, metadata, login_page: _login, ...plain } = params;
  const { subscription_cancel: cancel, subscription_update: update } = features;
  const old = before.features;
  return {
    ...plain,
    business_profile: { ...before.business_profile, ...business_profile },
    metadata: mergeMetadata(before.metadata, metadata),
    features: {
      ...old,
      customer_update: { ...old.customer_update, ...features.customer_update },
      invoice_history: { ...old.invoice_history, ...features.invoice_history },
      payment_method_update: {
        ...old.payment_method_update,
        enabled: enabledBy(features.payment_method_update, old.payment_method_update),
      },
      subscription_cancel: {
        ...old.subscription_cancel,
        ...cancel,
        cancellation_reason: { ...old.subscription_cancel.cancellation_reason, ...cancel?.cancellation_reason },
      },
      subscription_update: {
        ...old.subscription_update,
        ...update,
        products: update?.products?.map(productOf) ?? old.subscription_update.products ?? null,
      },
    },
  };
}

const enabledBy = (asked: { enabled: boolean } | undefined, before: { enabled: boolean }) =>
  asked?.enabled ?? before.enabled;

type ProductParams = NonNullable<
  NonNullable<NonNullable<ConfigurationParams["features"]>["subscription_update"]>["products"]
>[number];

const productOf = ({ adjustable_quantity: quantity, prices, product }: ProductParams) => ({
  adjustable_quantity: {
    enabled: quantity?.enabled ?? false,
    maximum: quantity?.maximum ?? null,
    minimum: quantity?.minimum ?? 1,
  },
  prices,
  product,
});

function createConfiguration(world: World, params: ConfigurationParams): PortalConfiguration {
  const blank = newConfiguration(world, newId("bpc"), NOTHING);
  const asked = { ...blank, ...patched(blank, params) };
  refuseUnfitFeatures(world, asked.features);
  const made = world.store.portalConfigurations.put(asked);
  world.emit("billing_portal.configuration.created", made);
  return made;
}

function updateConfiguration(world: World, id: string, params: ConfigurationParams): PortalConfiguration {
  const before = getConfiguration(world, id);
  if (before.is_default && params.active === false) {
    throw invalid("You cannot deactivate the default configuration.", undefined, "active");
  }
  const patch = { ...patched(before, params), updated: world.now() };
  refuseUnfitFeatures(world, { ...before, ...patch }.features);
  return world.update("portalConfigurations", id, patch, "billing_portal.configuration.updated");
}

export const portalConfigurationRoutes: Route[] = [
  route("POST", "/v1/billing_portal/configurations", createParams, createConfiguration),
  listRoute(
    "/v1/billing_portal/configurations",
    "configuration",
    { active: boolean, is_default: boolean },
    (world, { active, is_default: isDefault }) => {
      if (dashboardOf(world.store).portal) defaultConfiguration(world);
      return world.store.portalConfigurations
        .all()
        .filter((row) => active === undefined || row.active === active)
        .filter((row) => isDefault === undefined || row.is_default === isDefault);
    },
  ),
  route("GET", "/v1/billing_portal/configurations/:id", schema({}), (world, _, { id }) => getConfiguration(world, id)),
  route("POST", "/v1/billing_portal/configurations/:id", updateParams, (world, params, { id }) =>
    updateConfiguration(world, id, params),
  ),
];
