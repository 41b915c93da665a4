/** Stripe's objects as its webhooks show them in API version 2026-10-28.endive: every field, whether anybody reads it or not. */
export const API_VERSION = "2026-10-28.endive";

const CUSTOMER_NAME = "Ada Lovelace";
const CUSTOMER_EMAIL = "ada.lovelace@example.com";
const ACCOUNT = "1032D82eZvKYlo2C";

export interface SubscriptionFacts {
  id: string;
  itemId: string;
  customerId: string;
  invoiceId: string;
  userId: string;
  created: number;
  periodStart: number;
  status: string;
  quantity: number;
  cancelAtPeriodEnd: boolean;
  endedAt: number | null;
}

export interface InvoiceFacts {
  id: string;
  lineId: string;
  itemId: string;
  customerId: string;
  subscriptionId: string;
  userId: string;
  number: string;
  created: number;
  status: string;
  amountPaid: number;
  attemptCount: number;
  paidAt: number | null;
  nextAttempt: number | null;
}

export const UNIT_AMOUNT = 1900;
const MONTH = 30 * 86_400;
const PRICE_ID = "price_1MoBy5LkdIwHu7ixZhnattbh";
const PRODUCT_ID = "prod_NZKdYqrwEYx6iK";

const listOf = (url: string, data: object[]) => ({
  object: "list",
  data,
  has_more: false,
  total_count: data.length,
  url,
});

const plan = {
  id: PRICE_ID,
  object: "plan",
  active: true,
  amount: UNIT_AMOUNT,
  amount_decimal: String(UNIT_AMOUNT),
  billing_scheme: "per_unit",
  created: 1679431181,
  currency: "usd",
  interval: "month",
  interval_count: 1,
  livemode: false,
  metadata: {},
  meter: null,
  nickname: null,
  product: PRODUCT_ID,
  tiers_mode: null,
  transform_usage: null,
  trial_period_days: null,
  usage_type: "licensed",
};

const price = {
  id: PRICE_ID,
  object: "price",
  active: true,
  billing_scheme: "per_unit",
  created: 1679431181,
  currency: "usd",
  custom_unit_amount: null,
  livemode: false,
  lookup_key: "pro_monthly",
  metadata: {},
  nickname: null,
  product: PRODUCT_ID,
  recurring: { interval: "month", interval_count: 1, meter: null, trial_period_days: null, usage_type: "licensed" },
  tax_behavior: "exclusive",
  tiers_mode: null,
  transform_quantity: null,
  type: "recurring",
  unit_amount: UNIT_AMOUNT,
  unit_amount_decimal: String(UNIT_AMOUNT),
};

export function subscriptionPayload(facts: SubscriptionFacts) {
  const metadata = { user_id: facts.userId, plan: "pro" };
  return {
    id: facts.id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: facts.created,
    billing_cycle_anchor_config: null,
    billing_mode: { type: "flexible", flexible: { proration_discounts: "included" }, updated_at: facts.created },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: facts.cancelAtPeriodEnd,
    canceled_at: facts.endedAt,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created: facts.created,
    currency: "usd",
    customer: facts.customerId,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: facts.endedAt,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: listOf(`/v1/subscription_items?subscription=${facts.id}`, [
      {
        id: facts.itemId,
        object: "subscription_item",
        billing_thresholds: null,
        created: facts.created,
        current_period_end: facts.periodStart + MONTH,
        current_period_start: facts.periodStart,
        current_trial: null,
        discounts: [],
        metadata: {},
        plan,
        price,
        quantity: facts.quantity,
        subscription: facts.id,
        tax_rates: [],
      },
    ]),
    latest_invoice: facts.invoiceId,
    livemode: false,
    managed_payments: null,
    metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "on_subscription",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: facts.created,
    status: facts.status,
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: "create_invoice" } },
    trial_start: null,
  };
}

export function invoicePayload(facts: InvoiceFacts) {
  const metadata = { user_id: facts.userId, plan: "pro" };
  const hosted = `https://invoice.stripe.com/i/acct_${ACCOUNT}/test_YWNjdF8xMDMy${facts.id}`;
  return {
    id: facts.id,
    object: "invoice",
    account_country: "US",
    account_name: "Turnpike",
    account_tax_ids: null,
    amount_due: UNIT_AMOUNT,
    amount_overpaid: 0,
    amount_paid: facts.amountPaid,
    amount_remaining: UNIT_AMOUNT - facts.amountPaid,
    amount_shipping: 0,
    application: null,
    attempt_count: facts.attemptCount,
    attempted: facts.attemptCount > 0,
    auto_advance: facts.status === "open",
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: "subscription_cycle",
    collection_method: "charge_automatically",
    created: facts.created,
    currency: "usd",
    custom_fields: null,
    customer: facts.customerId,
    customer_account: null,
    customer_address: null,
    customer_email: CUSTOMER_EMAIL,
    customer_name: CUSTOMER_NAME,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: facts.created,
    ending_balance: 0,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: `${hosted}?s=ap`,
    invoice_pdf: `https://pay.stripe.com/invoice/acct_${ACCOUNT}/test_YWNjdF8xMDMy${facts.id}/pdf?s=ap`,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: listOf(`/v1/invoices/${facts.id}/lines`, [
      {
        id: facts.lineId,
        object: "line_item",
        amount: UNIT_AMOUNT,
        currency: "usd",
        description: "1 × Pro (at $19.00 / month)",
        discount_amounts: [],
        discountable: true,
        discounts: [],
        invoice: facts.id,
        livemode: false,
        metadata,
        parent: {
          invoice_item_details: null,
          subscription_item_details: {
            invoice_item: null,
            proration: false,
            proration_details: { credited_items: null },
            subscription: facts.subscriptionId,
            subscription_item: facts.itemId,
          },
          type: "subscription_item_details",
        },
        period: { end: facts.created + MONTH, start: facts.created },
        pretax_credit_amounts: [],
        pricing: {
          price_details: { price: PRICE_ID, product: PRODUCT_ID },
          type: "price_details",
          unit_amount_decimal: String(UNIT_AMOUNT),
        },
        quantity: 1,
        quantity_decimal: "1",
        subscription: facts.subscriptionId,
        subtotal: UNIT_AMOUNT,
        taxes: [],
      },
    ]),
    livemode: false,
    metadata: {},
    next_payment_attempt: facts.nextAttempt,
    number: facts.number,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata, subscription: facts.subscriptionId },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: facts.created,
    period_start: facts.created,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: facts.status,
    status_transitions: {
      finalized_at: facts.created,
      marked_uncollectible_at: null,
      paid_at: facts.paidAt,
      voided_at: null,
    },
    subtotal: UNIT_AMOUNT,
    subtotal_excluding_tax: UNIT_AMOUNT,
    test_clock: null,
    total: UNIT_AMOUNT,
    total_discount_amounts: [],
    total_excluding_tax: UNIT_AMOUNT,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: facts.created,
  };
}
