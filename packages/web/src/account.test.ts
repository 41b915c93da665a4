import { expect, test } from "vitest";
import { namesOf } from "./account.ts";
import type { Payment, Subscription } from "./billing.ts";
import type { Catalogue, Price, Product } from "./catalogue.ts";

const product: Product = {
  id: "prod_1",
  name: "Pro",
  description: null,
  default_price_id: null,
  marketing_features: [],
};
const price: Price = {
  id: "price_1",
  product_id: "prod_1",
  currency: "usd",
  type: "recurring",
  unit_amount: 1200,
  recurring_interval: "month",
  recurring_interval_count: 1,
  trial_period_days: null,
};
const subscription: Subscription = {
  id: "sub_1",
  status: "active",
  price_id: "price_1",
  product_id: "prod_1",
  quantity: 1,
  current_period_end: null,
  trial_end: null,
  ends_at: null,
  ended_at: null,
  paused: false,
  is_live: true,
  created_at: "2026-11-01T00:00:00+00:00",
};
const payment: Payment = {
  id: "in_1",
  subscription_id: null,
  checkout_session_id: null,
  currency: "usd",
  amount: 1200,
  amount_refunded: 0,
  status: "paid",
  failure_reason: null,
  invoice_number: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  receipt_url: null,
  created_at: "2026-11-01T00:00:00+00:00",
};

const onSale: Catalogue = { plans: [{ product, prices: [price] }], oneTime: [] };
const soldOut: Catalogue = { plans: [], oneTime: [] };
const sold = new Map([["cs_1", "price_1"]]);

test("a payment is named after what was bought, by subscription or at once", () => {
  const { titleOf } = namesOf([subscription], sold, onSale);
  expect(titleOf({ ...payment, subscription_id: "sub_1" })).toBe("Pro");
  expect(titleOf({ ...payment, checkout_session_id: "cs_1" })).toBe("Pro");
});

test("what the catalogue no longer shows still has a name", () => {
  const { planOf, titleOf } = namesOf([subscription], sold, soldOut);
  expect(planOf(subscription)).toEqual({ name: "Subscription", price: undefined });
  expect(titleOf({ ...payment, subscription_id: "sub_1" })).toBe("Subscription");
  expect(titleOf({ ...payment, checkout_session_id: "cs_1" })).toBe("One-time payment");
  expect(titleOf(payment)).toBe("Invoice");
});
