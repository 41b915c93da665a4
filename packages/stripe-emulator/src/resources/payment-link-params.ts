import type Stripe from "stripe";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { invoiceCreation, lineItem, paymentIntentData, taxIdCollection } from "./checkout-session-params.ts";
import { currency, offeredTrialDays } from "./price-params.ts";
import { liability, trialSettings } from "./subscription-params.ts";

const afterCompletion = hashOf(
  schema(
    {
      hosted_confirmation: hashOf(schema({ custom_message: text })),
      redirect: hashOf(schema({ url: text }, ["url"])),
      type: oneOf("hosted_confirmation", "redirect"),
    } satisfies Fields<keyof Stripe.PaymentLinkCreateParams.AfterCompletion>,
    ["type"],
  ),
);

const attributes = {
  after_completion: afterCompletion,
  allow_promotion_codes: boolean,
  automatic_tax: hashOf(schema({ enabled: boolean, liability }, ["enabled"])),
  billing_address_collection: oneOf("auto", "required"),
  custom_text: ignored,
  customer_creation: oneOf("always", "if_required"),
  inactive_message: clearable(text),
  invoice_creation: invoiceCreation,
  metadata,
  payment_intent_data: paymentIntentData,
  payment_method_collection: oneOf("always", "if_required"),
  phone_number_collection: ignored,
  submit_type: oneOf("auto", "book", "donate", "pay", "subscribe"),
  subscription_data: hashOf(
    schema({
      description: atMost(500),
      metadata,
      trial_period_days: clearable(offeredTrialDays),
      trial_settings: clearable(trialSettings),
    } satisfies Fields<keyof Stripe.PaymentLinkCreateParams.SubscriptionData>),
  ),
  tax_id_collection: taxIdCollection,
} satisfies Fields<keyof Stripe.PaymentLinkUpdateParams>;

export const createParams = schema(
  { ...attributes, currency, line_items: arrayOf(lineItem, 20) } satisfies Fields<keyof Stripe.PaymentLinkCreateParams>,
  ["line_items"],
);

export const updateParams = schema({ ...attributes, active: boolean } satisfies Fields<
  keyof Stripe.PaymentLinkUpdateParams
>);

export type CreateParams = ParamsOf<typeof createParams>;
export type LinkParams = ParamsOf<typeof updateParams>;
