import type Stripe from "stripe";
import {
  arrayOf,
  atMost,
  boolean,
  clearable,
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
import { FEEDBACK } from "./subscription-params.ts";

type Features = keyof Stripe.BillingPortal.ConfigurationCreateParams.Features;

const prorationBehavior = oneOf("always_invoice", "create_prorations", "none");

const adjustableQuantity = hashOf(schema({ enabled: boolean, maximum: integer, minimum: integer }, ["enabled"]));

const product = hashOf(
  schema({ adjustable_quantity: adjustableQuantity, prices: arrayOf(text), product: text }, ["prices", "product"]),
);

const features = hashOf(
  schema({
    customer_update: hashOf(
      schema({
        allowed_updates: arrayOf(oneOf("address", "email", "name", "phone", "shipping", "tax_id")),
        enabled: boolean,
      }),
    ),
    invoice_history: hashOf(schema({ enabled: boolean }, ["enabled"])),
    payment_method_update: hashOf(schema({ enabled: boolean, payment_method_configuration: ignored }, ["enabled"])),
    subscription_cancel: hashOf(
      schema({
        cancellation_reason: hashOf(schema({ enabled: boolean, options: arrayOf(oneOf(...FEEDBACK)) }, ["enabled"])),
        enabled: boolean,
        mode: oneOf("at_period_end", "immediately"),
        proration_behavior: prorationBehavior,
      }),
    ),
    subscription_update: hashOf(
      schema({
        default_allowed_updates: arrayOf(oneOf("price", "promotion_code", "quantity")),
        enabled: boolean,
        products: arrayOf(product),
        proration_behavior: prorationBehavior,
        trial_update_behavior: oneOf("continue_trial", "end_trial"),
      }),
    ),
  } satisfies Fields<Features>),
);

const attributes = {
  business_profile: hashOf(
    schema({ headline: clearable(atMost(60)), privacy_policy_url: text, terms_of_service_url: text }),
  ),
  default_return_url: clearable(text),
  features,
  login_page: ignored,
  metadata,
  name: clearable(text),
} satisfies Fields<keyof Stripe.BillingPortal.ConfigurationUpdateParams>;

export const createParams = schema(attributes satisfies Fields<keyof Stripe.BillingPortal.ConfigurationCreateParams>, [
  "features",
]);

export const updateParams = schema({ ...attributes, active: boolean } satisfies Fields<
  keyof Stripe.BillingPortal.ConfigurationUpdateParams
>);

export type ConfigurationParams = ParamsOf<typeof updateParams>;
