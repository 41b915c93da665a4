import type Stripe from "stripe";
import {
  arrayOf,
  atMost,
  boolean,
  email,
  type Fields,
  hashOf,
  ignored,
  integer,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { customFields } from "./custom-fields.ts";
import { discounts } from "./discount-params.ts";
import { amount, currency, decimal, offeredTrialDays, productData, recurring, taxBehavior } from "./price-params.ts";
import { anchorConfig, liability, trialSettings } from "./subscription-params.ts";
import { taxRates } from "./tax-rates.ts";

const priceData = hashOf(
  schema(
    {
      currency,
      product: text,
      product_data: productData,
      recurring,
      tax_behavior: taxBehavior,
      unit_amount: amount,
      unit_amount_decimal: decimal,
    } satisfies Fields<keyof Stripe.Checkout.SessionCreateParams.LineItem.PriceData>,
    ["currency"],
  ),
);

const adjustableQuantity = hashOf(
  schema(
    { enabled: boolean, minimum: integer, maximum: integer } satisfies Fields<
      keyof Stripe.Checkout.SessionCreateParams.LineItem.AdjustableQuantity
    >,
    ["enabled"],
  ),
);

export const lineItemFields = {
  adjustable_quantity: adjustableQuantity,
  metadata,
  price: text,
  price_data: priceData,
  quantity: integer,
  tax_rates: taxRates,
} satisfies Fields<keyof Stripe.Checkout.SessionCreateParams.LineItem>;

export const lineItem = hashOf(schema(lineItemFields));

const subscriptionData = hashOf(
  schema({
    billing_cycle_anchor: integer,
    billing_cycle_anchor_config: anchorConfig,
    default_tax_rates: taxRates,
    description: atMost(500),
    metadata,
    proration_behavior: oneOf("create_prorations", "none"),
    trial_end: integer,
    trial_period_days: offeredTrialDays,
    trial_settings: trialSettings,
    // Prorations of the other mode, `classic`, come to other amounts.
    billing_mode: hashOf(schema({ type: oneOf("flexible") }, ["type"])),
  } satisfies Fields<keyof Stripe.Checkout.SessionCreateParams.SubscriptionData>),
);

export const paymentIntentData = hashOf(
  schema({
    capture_method: oneOf("automatic", "automatic_async", "manual"),
    description: atMost(1000),
    metadata,
    receipt_email: ignored,
    shipping: ignored,
    setup_future_usage: oneOf("off_session", "on_session"),
    statement_descriptor_suffix: ignored,
  } satisfies Fields<keyof Stripe.Checkout.SessionCreateParams.PaymentIntentData>),
);

const setupIntentData = hashOf(
  schema({ description: atMost(1000), metadata } satisfies Fields<
    keyof Stripe.Checkout.SessionCreateParams.SetupIntentData
  >),
);

export const invoiceCreation = hashOf(
  schema(
    {
      enabled: boolean,
      invoice_data: hashOf(
        schema({ description: atMost(1500), footer: text, metadata } satisfies Fields<
          keyof Stripe.Checkout.SessionCreateParams.InvoiceCreation.InvoiceData
        >),
      ),
    },
    ["enabled"],
  ),
);

const consentCollection = hashOf(
  schema({ promotions: oneOf("none"), terms_of_service: oneOf("none", "required") } satisfies Fields<
    keyof Stripe.Checkout.SessionCreateParams.ConsentCollection
  >),
);

export const taxIdCollection = hashOf(
  schema(
    { enabled: boolean, required: oneOf("if_supported", "never") } satisfies Fields<
      keyof Stripe.Checkout.SessionCreateParams.TaxIdCollection
    >,
    ["enabled"],
  ),
);

const autoOrNever = oneOf("auto", "never");

/** `payment_method_types` is not among them: this API version refuses it. */
export const createSessionParams = schema(
  {
    adaptive_pricing: ignored,
    allow_promotion_codes: boolean,
    allowed_payment_method_types: arrayOf(oneOf("card", "sepa_debit")),
    automatic_tax: hashOf(schema({ enabled: boolean, liability }, ["enabled"])),
    billing_address_collection: oneOf("auto", "required"),
    cancel_url: text,
    client_reference_id: atMost(200),
    consent_collection: consentCollection,
    currency,
    custom_fields: customFields,
    custom_text: ignored,
    customer: text,
    customer_creation: oneOf("always", "if_required"),
    customer_email: email,
    customer_update: hashOf(schema({ address: autoOrNever, name: autoOrNever, shipping: autoOrNever })),
    discounts,
    expires_at: integer,
    invoice_creation: invoiceCreation,
    line_items: arrayOf(lineItem),
    locale: text,
    metadata,
    mode: oneOf("payment", "setup", "subscription"),
    payment_intent_data: paymentIntentData,
    payment_method_collection: oneOf("always", "if_required"),
    phone_number_collection: ignored,
    redirect_on_completion: oneOf("always"),
    return_url: text,
    saved_payment_method_options: ignored,
    setup_intent_data: setupIntentData,
    submit_type: oneOf("auto", "book", "donate", "pay", "subscribe"),
    subscription_data: subscriptionData,
    success_url: text,
    tax_id_collection: taxIdCollection,
    ui_mode: oneOf("hosted_page", "embedded_page", "elements"),
  } satisfies Fields<keyof Stripe.Checkout.SessionCreateParams>,
  ["mode"],
);

export type CreateSessionParams = ParamsOf<typeof createSessionParams>;
