import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { hashOf, mergeMetadata, oneOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { expireSession } from "../billing/checkout.ts";
import { otherCurrency } from "../billing/customer-currency.ts";
import { methodTypesFor } from "../billing/payment.ts";
import type { Offer } from "../billing/redeeming.ts";
import { basketOf, lineItemsToday, priceSession } from "../billing/session-pricing.ts";
import { openSetup } from "../billing/setup.ts";
import { newId } from "../state/ids.ts";
import type { SessionDetails } from "../state/selling.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { anchorAsked } from "./anchors.ts";
import { newLineItems } from "./checkout-line-items.ts";
import { type CreateSessionParams, createSessionParams } from "./checkout-session-params.ts";
import { DAY, refuseContradictions, refuseMixedPrices, sessionRefusal } from "./checkout-session-rules.ts";
import { updateSession, updateSessionParams } from "./checkout-updates.ts";
import { customFieldsOf } from "./custom-fields.ts";
import { offersFromParam } from "./discount-params.ts";
import { refuseUnknownCustomer } from "./listed-customer.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

export type CheckoutSession = Stored<Stripe.Checkout.Session>;
type LineItem = Stored<Stripe.LineItem>;

export function createSession(world: World, params: CreateSessionParams): CheckoutSession {
  refuseContradictions(world, params);
  const lineItems = newLineItems(world, params.line_items ?? [], params.currency ?? boundCurrency(world, params));
  refuseMixedPrices(world, params, lineItems);
  const id = newId("cs_test", 58);
  const session = newSession(world, id, params, lineItems);
  const offers = offersFromParam(world, params.discounts, basketOf(session, lineItems));
  world.store.sessionDetails.put(detailsOf(world, id, params, lineItems));
  world.store.checkoutSessions.put(session);
  if (params.mode !== "setup") priceNew(world, id, offers);
  world.schedule("expire_session", id, session.expires_at * 1000);
  return world.store.checkoutSessions.get(id);
}

/** What a customer is bound to, where the session bills them. */
function boundCurrency(world: World, { customer, ...params }: CreateSessionParams): string | undefined {
  const billed = params.mode === "subscription" || params.invoice_creation?.enabled;
  return billed && customer !== undefined ? otherCurrency(world, customer, "") : undefined;
}

/** The amounts of a session just written down. One that cannot be paid was never there. */
function priceNew(world: World, id: string, offers: readonly Offer[]): void {
  const priced = priceSession(world, id, {
    discounts: offers.map(({ coupon, promotionCode }) => ({ coupon, promotion_code: promotionCode })),
  });
  const refusal = sessionRefusal(world, priced);
  if (!refusal) return;
  world.store.checkoutSessions.delete(id);
  world.store.sessionDetails.delete(id);
  throw refusal;
}

function detailsOf(world: World, id: string, params: CreateSessionParams, lineItems: LineItem[]): SessionDetails {
  const { subscription_data: subscription, payment_intent_data: payment } = params;
  const taxed = params.automatic_tax?.enabled ?? false;
  const defaultRates = taxRatesFromParam(
    world,
    subscription?.default_tax_rates ?? [],
    "subscription_data[default_tax_rates]",
  );
  refuseRatesBesideAutomaticTax(taxed, defaultRates, "subscription_data[default_tax_rates]");
  const rates = lineItems.map(({ id: item }, index) => {
    const param = `line_items[${index}][tax_rates]`;
    const named = taxRatesFromParam(world, params.line_items?.[index]?.tax_rates ?? [], param);
    refuseRatesBesideAutomaticTax(taxed, named, param);
    return [item, named] as const;
  });
  return {
    id,
    lineItems,
    taxRates: Object.fromEntries(rates.filter(([, named]) => named.length > 0)),
    subscriptionData: {
      taxRates: defaultRates,
      metadata: mergeMetadata({}, subscription?.metadata),
      trialPeriodDays: subscription?.trial_period_days ?? null,
      trialEnd: subscription?.trial_end ?? null,
      ...anchorOf(world, subscription, lineItems),
      description: subscription?.description ?? null,
      missingPaymentMethod: subscription?.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
    },
    paymentIntentData: {
      metadata: mergeMetadata({}, payment?.metadata),
      description: payment?.description ?? null,
      futureUsage: payment?.setup_future_usage ?? null,
      captureMethod: payment?.capture_method ?? "automatic_async",
    },
    invoiceCreation: params.invoice_creation?.enabled
      ? {
          metadata: mergeMetadata({}, params.invoice_creation.invoice_data?.metadata),
          description: params.invoice_creation.invoice_data?.description ?? null,
          footer: params.invoice_creation.invoice_data?.footer ?? null,
        }
      : null,
    updatesCustomerName: params.customer_update?.name === "auto",
    updatesCustomerAddress: params.customer_update?.address === "auto",
    address: null,
    taxId: null,
    prefilledEmail: null,
    thanks: null,
  };
}

function anchorOf(
  world: World,
  asked: CreateSessionParams["subscription_data"] = {},
  items: readonly LineItem[],
): Pick<SessionDetails["subscriptionData"], "anchor" | "anchorConfig" | "prorates"> {
  const prices = items.flatMap(({ price }) => (price?.recurring ? [price] : []));
  const { anchor, ...config } = anchorAsked(world, asked, prices, null, (name) => `subscription_data[${name}]`);
  return anchor == null ? {} : { anchor, ...config, prorates: asked.proration_behavior !== "none" };
}

function newSession(world: World, id: string, params: CreateSessionParams, items: LineItem[]): CheckoutSession {
  const amount = params.mode === "setup" ? null : 0;
  const taxed = params.automatic_tax?.enabled ?? false;
  const currency = items[0]?.currency ?? params.currency ?? null;
  const isHosted = (params.ui_mode ?? "hosted_page") === "hosted_page";
  return {
    id,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: amount,
    amount_total: amount,
    automatic_tax: {
      enabled: taxed,
      liability: taxed ? { type: "self" } : null,
      provider: taxed ? "stripe" : null,
      status: taxed ? "requires_location_inputs" : null,
    },
    billing_address_collection: params.billing_address_collection ?? null,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: isHosted ? null : `${id}_secret_${newId("", 50).slice(1)}`,
    collected_information: null,
    consent: null,
    consent_collection: params.consent_collection
      ? {
          payment_method_reuse_agreement: null,
          promotions: params.consent_collection.promotions ?? null,
          terms_of_service: params.consent_collection.terms_of_service ?? null,
        }
      : null,
    created: world.now(),
    currency,
    currency_conversion: null,
    custom_fields: customFieldsOf(params.custom_fields),
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: params.customer ?? null,
    customer_account: null,
    customer_creation:
      params.customer !== undefined
        ? null
        : params.mode === "subscription"
          ? "always"
          : (params.customer_creation ?? "if_required"),
    customer_details: null,
    customer_email: params.customer_email ?? null,
    discounts: [],
    expires_at: params.expires_at ?? world.now() + DAY,
    integration_identifier: null,
    invoice: null,
    invoice_creation: invoiceCreation(params),
    livemode: false,
    locale: params.locale ?? null,
    managed_payments: null,
    metadata: mergeMetadata({}, params.metadata),
    mode: params.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection:
      params.mode === "payment" ? "if_required" : (params.payment_method_collection ?? "always"),
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: methodTypesOf(params, currency),
    payment_status: amount === null ? "no_payment_required" : "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: params.mode === "setup" ? setupOf(world, params, currency) : null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open",
    submit_type: params.submit_type ?? null,
    subscription: null,
    ...(params.ui_mode === "embedded_page" ? { redirect_on_completion: "always" as const } : {}),
    ...(isHosted ? {} : { return_url: params.return_url }),
    success_url: params.success_url ?? null,
    tax_id_collection: {
      enabled: params.tax_id_collection?.enabled ?? false,
      required: params.tax_id_collection?.required ?? "never",
    },
    total_details: amount === null ? null : { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: params.ui_mode ?? "hosted_page",
    url: isHosted ? `${world.publicUrl}/c/pay/${id}` : null,
    wallet_options: null,
  };
}

function methodTypesOf(params: CreateSessionParams, currency: string | null): string[] {
  const types = methodTypesFor(currency, params.payment_intent_data?.capture_method);
  const { allowed_payment_method_types: allowed } = params;
  return allowed?.filter((type) => currency === null || types.includes(type)) ?? types;
}

function invoiceCreation({ mode, invoice_creation: asked }: CreateSessionParams): CheckoutSession["invoice_creation"] {
  if (mode !== "payment") return null;
  const { description = null, footer = null, metadata } = asked?.invoice_data ?? {};
  return {
    enabled: asked?.enabled ?? false,
    invoice_data: {
      account_tax_ids: null,
      custom_fields: null,
      description,
      footer,
      issuer: null,
      metadata: mergeMetadata({}, metadata),
      rendering_options: null,
    },
  };
}

/** In `setup` mode the session has its setup intent from the start. */
const setupOf = (world: World, params: CreateSessionParams, currency: string | null): string =>
  openSetup(world, {
    customer: params.customer ?? null,
    description: params.setup_intent_data?.description ?? null,
    metadata: mergeMetadata({}, params.setup_intent_data?.metadata),
    methodTypes: methodTypesOf(params, currency),
    usage: "off_session",
  }).id;

function getSession(world: World, id: string): CheckoutSession {
  return found(world.store.checkoutSessions.find(id), "checkout.session", id);
}

const listFilters = {
  customer: text,
  customer_details: hashOf(schema({ email: text }, ["email"])),
  payment_intent: text,
  payment_link: text,
  status: oneOf("complete", "expired", "open"),
  subscription: text,
};

/** The e-mail that a session is known to be for: what was typed at last, or what it began with. */
const emailOf = ({ store }: World, { customer, customer_details: typed, customer_email: given }: CheckoutSession) =>
  typed?.email ?? given ?? store.customers.find(customer)?.email;

export const checkoutSessionRoutes: Route[] = [
  route("POST", "/v1/checkout/sessions", createSessionParams, createSession),
  listRoute("/v1/checkout/sessions", "checkout.session", listFilters, (world, filters) => {
    refuseUnknownCustomer(world, filters.customer);
    const { customer, customer_details: details, payment_link, payment_intent, status, subscription } = filters;
    return choose(
      world.store.checkoutSessions,
      { payment_intent, customer, payment_link, status, subscription },
      (row) => !details || emailOf(world, row) === details.email,
    );
  }),
  route("GET", "/v1/checkout/sessions/:id", schema({}), (world, _, { id }) => getSession(world, id)),
  route("POST", "/v1/checkout/sessions/:id", updateSessionParams, (world, params, { id }) =>
    updateSession(world, getSession(world, id), params),
  ),
  route("POST", "/v1/checkout/sessions/:id/expire", schema({}), (world, _, { id }) => {
    const { status } = getSession(world, id);
    if (status === "open") return expireSession(world, id);
    throw invalid(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
    );
  }),
  listRoute("/v1/checkout/sessions/:id/line_items", "line item", {}, (world, _, { id }) =>
    lineItemsToday(world.store.sessionDetails.get(getSession(world, id).id)).reverse(),
  ),
];
