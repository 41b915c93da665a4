import { charge } from "./objects/charge.ts";
import { checkoutSession } from "./objects/checkout-session.ts";
import { creditNote } from "./objects/credit-note.ts";
import { customer } from "./objects/customer.ts";
import { dispute } from "./objects/dispute.ts";
import { earlyFraudWarning } from "./objects/early-fraud-warning.ts";
import { entitlements } from "./objects/entitlements.ts";
import { invoice } from "./objects/invoice.ts";
import { invoicePayment } from "./objects/invoice-payment.ts";
import { paymentIntent } from "./objects/payment-intent.ts";
import { paymentMethod } from "./objects/payment-method.ts";
import { price } from "./objects/price.ts";
import { product } from "./objects/product.ts";
import { refund } from "./objects/refund.ts";
import { subscription } from "./objects/subscription.ts";
import { subscriptionSchedule } from "./objects/subscription-schedule.ts";

/**
 * All that is mirrored. What Stripe is asked to send, what a change is written to and how it is fetched derive from this list; the
 * table of each is registered in the migrations.
 */
export const objects = {
  customer,
  product,
  price,
  subscription,
  subscription_schedule: subscriptionSchedule,
  checkout_session: checkoutSession,
  invoice,
  invoice_payment: invoicePayment,
  credit_note: creditNote,
  payment_intent: paymentIntent,
  charge,
  refund,
  dispute,
  early_fraud_warning: earlyFraudWarning,
  entitlements,
  payment_method: paymentMethod,
};
