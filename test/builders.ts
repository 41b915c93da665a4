import type Stripe from "stripe";

let count = 0;
/** An id that no other test uses. */
export const id = (prefix: string) => `${prefix}_${Date.now().toString(36)}${(count++).toString(36)}`;

/** A Stripe event as it would be delivered. `created` in seconds. */
export function event(type: Stripe.Event.Type, object: object, created: number): Stripe.Event {
  return {
    id: id("evt"),
    object: "event",
    type,
    created,
    api_version: "2026-10-28.endive",
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object },
  } as Stripe.Event;
}

export const product = (fields: Partial<Stripe.Product> = {}) => ({
  id: id("prod"),
  object: "product",
  name: "Pro",
  description: null,
  active: true,
  default_price: null,
  images: [],
  marketing_features: [],
  metadata: {},
  created: 1_790_000_000,
  ...fields,
});

export const price = (fields: Partial<Stripe.Price> = {}) => ({
  id: id("price"),
  object: "price",
  product: id("prod"),
  active: true,
  nickname: null,
  lookup_key: null,
  currency: "usd",
  type: "one_time",
  unit_amount: 4900,
  recurring: null,
  // Without it, as Stripe sends it, the price is fetched.
  currency_options: {},
  metadata: {},
  created: 1_790_000_000,
  ...fields,
});

export const customer = (fields: Partial<Stripe.Customer> = {}) => ({
  id: id("cus"),
  object: "customer",
  email: "ada@example.com",
  name: "Ada",
  metadata: {},
  created: 1_790_000_000,
  ...fields,
});

export const subscription = (fields: Partial<Stripe.Subscription> = {}) => ({
  id: id("sub"),
  object: "subscription",
  customer: id("cus"),
  status: "active",
  currency: "usd",
  cancel_at_period_end: false,
  cancel_at: null,
  canceled_at: null,
  ended_at: null,
  trial_start: null,
  trial_end: null,
  pause_collection: null,
  latest_invoice: null,
  metadata: {},
  created: 1_790_000_000,
  items: {
    data: [
      {
        id: id("si"),
        price: { id: "price_pro", product: "prod_pro" },
        quantity: 1,
        current_period_start: 1_790_000_000,
        current_period_end: 1_792_592_000,
      },
    ],
  },
  ...fields,
});

export const invoice = (fields: Partial<Stripe.Invoice> = {}) => ({
  id: id("in"),
  object: "invoice",
  customer: id("cus"),
  parent: null,
  number: "A-0001",
  status: "paid",
  billing_reason: "subscription_create",
  currency: "usd",
  amount_due: 2900,
  amount_paid: 2900,
  amount_remaining: 0,
  attempted: true,
  attempt_count: 1,
  next_payment_attempt: null,
  lines: { data: [] },
  hosted_invoice_url: null,
  invoice_pdf: null,
  created: 1_790_000_000,
  ...fields,
});

export const charge = (fields: Partial<Stripe.Charge> = {}) => ({
  id: id("ch"),
  object: "charge",
  customer: null,
  payment_intent: id("pi"),
  status: "succeeded",
  currency: "usd",
  amount: 2900,
  amount_refunded: 0,
  failure_code: null,
  failure_message: null,
  receipt_url: null,
  created: 1_790_000_000,
  ...fields,
});

export const checkoutSession = (fields: Partial<Stripe.Checkout.Session> = {}) => ({
  id: id("cs"),
  object: "checkout.session",
  mode: "payment",
  status: "complete",
  payment_status: "paid",
  customer: id("cus"),
  customer_details: null,
  customer_email: null,
  currency: "usd",
  amount_total: 4900,
  payment_intent: id("pi"),
  subscription: null,
  invoice: null,
  metadata: {},
  expires_at: 1_790_086_400,
  created: 1_790_000_000,
  ...fields,
});
