import type { Subscription } from "../billing.ts";
import type { Price, Product } from "../catalogue.ts";
import type { Payment } from "../payments.ts";

export const aProduct = (over: Partial<Product> = {}): Product => ({
  id: "prod_1",
  name: "Pro",
  description: null,
  default_price_id: null,
  marketing_features: [],
  active: true,
  metadata: {},
  ...over,
});

export const aPrice = (over: Partial<Price> = {}): Price => ({
  id: "price_month",
  product_id: "prod_1",
  active: true,
  nickname: null,
  currency: "usd",
  type: "recurring",
  unit_amount: 1200,
  recurring_interval: "month",
  recurring_interval_count: 1,
  trial_period_days: null,
  usage_type: "licensed",
  transform_quantity: null,
  currency_options: {},
  metadata: {},
  ...over,
});

export const aSubscription = (over: Partial<Subscription> = {}): Subscription => ({
  id: "sub_1",
  customer_id: "cus_1",
  status: "active",
  is_live: true,
  price_id: "price_month",
  product_id: "prod_1",
  quantity: 1,
  items: [itemOf("prod_1")],
  currency: "usd",
  current_period_end: "2026-12-01T00:00:00+00:00",
  trial_start: null,
  trial_end: null,
  ends_at: null,
  ended_at: null,
  paused: false,
  created_at: "2026-11-01T00:00:00+00:00",
  ...over,
});

/** A subscription's item, of a price of this product. */
export const itemOf = (product_id: string) => ({
  id: "si_1",
  price_id: "price_month",
  product_id,
  quantity: 1,
  current_period_start: null,
  current_period_end: null,
});

export const aPayment = (over: Partial<Payment> = {}): Payment => ({
  id: "in_1",
  customer_id: "cus_1",
  subscription_id: null,
  checkout_session_id: null,
  currency: "usd",
  amount: 1200,
  amount_refunded: 0,
  status: "paid",
  failure_reason: null,
  next_payment_attempt: null,
  due_date: null,
  invoice_number: null,
  product_id: null,
  description: null,
  other_products: 0,
  hosted_invoice_url: null,
  invoice_pdf: null,
  receipt_url: null,
  created_at: "2026-11-01T00:00:00+00:00",
  ...over,
});
