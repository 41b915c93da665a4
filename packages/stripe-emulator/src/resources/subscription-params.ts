import type Stripe from "stripe";
import {
  arrayOf,
  boolean,
  clearable,
  type Fields,
  hashOf,
  ignored,
  integer,
  metadata,
  oneOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { discounts } from "./discount-params.ts";

/** What the end of a trial does when there is nothing to charge. */
export const trialSettings = hashOf(
  schema(
    {
      end_behavior: hashOf(
        schema({ missing_payment_method: oneOf("create_invoice", "cancel", "pause") }, ["missing_payment_method"]),
      ),
    },
    ["end_behavior"],
  ),
);

const pauseCollection = hashOf(
  schema({ behavior: oneOf("keep_as_draft", "mark_uncollectible", "void"), resumes_at: integer }, ["behavior"]),
);

/** A moment in seconds, or now. */
export const moment: Reader<number | "now"> = (value, param) => (value === "now" ? value : integer(value, param));

const paymentBehavior = oneOf("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete");
export const prorationBehavior = oneOf("create_prorations", "always_invoice", "none");
const automaticTax = hashOf(schema({ enabled: boolean, liability: ignored }, ["enabled"]));

export const createParams = schema(
  {
    customer: text,
    items: arrayOf(hashOf(schema({ price: text, quantity: integer, metadata }, ["price"]))),
    automatic_tax: automaticTax,
    default_payment_method: text,
    description: text,
    discounts,
    metadata,
    off_session: ignored,
    payment_behavior: paymentBehavior,
    payment_settings: ignored,
    proration_behavior: prorationBehavior,
    trial_period_days: integer,
    trial_end: moment,
    trial_settings: trialSettings,
  } satisfies Fields<keyof Stripe.SubscriptionCreateParams>,
  ["customer", "items"],
);

/** A moment in seconds, or one of the words of `cancel_at`. */
export const cancelMoment: Reader<number | "max_period_end" | "min_period_end"> = (value, param) =>
  value === "max_period_end" || value === "min_period_end" ? value : integer(value, param);

export const updateParams = schema({
  automatic_tax: automaticTax,
  cancel_at: clearable(cancelMoment),
  cancel_at_period_end: boolean,
  cancellation_details: hashOf(schema({ comment: clearable(text), feedback: clearable(text) })),
  default_payment_method: clearable(text),
  description: clearable(text),
  discounts,
  items: arrayOf(hashOf(schema({ id: text, price: text, quantity: integer }))),
  metadata,
  off_session: ignored,
  payment_behavior: paymentBehavior,
  pause_collection: clearable(pauseCollection),
  proration_behavior: prorationBehavior,
  trial_end: moment,
  trial_settings: trialSettings,
} satisfies Fields<keyof Stripe.SubscriptionUpdateParams>);

const STATUSES = [
  "active",
  "all",
  "canceled",
  "ended",
  "incomplete",
  "incomplete_expired",
  "past_due",
  "paused",
  "trialing",
  "unpaid",
] as const;

export const listFilters = { customer: text, test_clock: text, price: text, status: oneOf(...STATUSES) };

export const cancelParams = schema({
  cancellation_details: ignored,
  invoice_now: boolean,
  prorate: boolean,
} satisfies Fields<keyof Stripe.SubscriptionCancelParams>);

export const resumeParams = schema({
  billing_cycle_anchor: oneOf("now", "unchanged"),
  proration_behavior: prorationBehavior,
} satisfies Fields<keyof Stripe.SubscriptionResumeParams>);
