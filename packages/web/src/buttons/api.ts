// Written by `npm run generate`, of docs/openapi.json.

/** The routes that take JSON. */
export interface Posts {
  "/api/stripe/create-checkout": {
    body: {
      priceId: string;
      quantity?: number | undefined;
      adjustableQuantity?: boolean | undefined;
      successUrl: string;
      cancelUrl: string;
      mode: "payment" | "subscription";
      organizationId?: string | undefined;
      items?:
        | { priceId: string; quantity?: number | undefined; adjustableQuantity?: boolean | undefined }[]
        | undefined;
      currency?: string | undefined;
      metadata?: Record<string, string> | undefined;
      page?: "hosted" | "embedded" | undefined;
    };
    answer: CheckoutAnswer;
  };
  "/api/stripe/create-portal": {
    body: {
      returnUrl: string;
      organizationId?: string | undefined;
      subscriptionId?: string | undefined;
      flow?:
        | { type: "payment_method_update" }
        | { type: "subscription_cancel" }
        | { type: "subscription_update" }
        | { type: "subscription_update_confirm"; priceId: string; quantity?: number | undefined }
        | undefined;
    };
    answer: RedirectAnswer;
  };
  "/api/subscriptions/preview-change": {
    body: {
      organizationId?: string | undefined;
      subscriptionId?: string | undefined;
      priceId: string;
      quantity?: number | undefined;
    };
    answer: ChangePreview;
  };
  "/api/subscriptions/change": {
    body: {
      organizationId?: string | undefined;
      subscriptionId?: string | undefined;
      priceId: string;
      quantity?: number | undefined;
      token: string;
    };
    answer: SubscriptionState;
  };
  "/api/subscriptions/cancel": {
    body: { organizationId?: string | undefined; subscriptionId?: string | undefined };
    answer: SubscriptionState;
  };
  "/api/subscriptions/resume": {
    body: { organizationId?: string | undefined; subscriptionId?: string | undefined };
    answer: SubscriptionState;
  };
  "/api/subscriptions/next-payment": {
    body: { organizationId?: string | undefined; subscriptionId?: string | undefined };
    answer: NextPayment;
  };
}

export type ErrorCode =
  | "invalid_request"
  | "price_not_for_sale"
  | "redirect_not_allowed"
  | "no_billing_account"
  | "paid_by_another"
  | "sale_in_progress"
  | "account_being_read"
  | "other_account"
  | "currency_mismatch"
  | "quantity_not_allowed"
  | "items_not_together"
  | "amount_too_large"
  | "amount_too_small"
  | "tax_not_set_up"
  | "terms_not_set_up"
  | "coupon_not_usable"
  | "portal_not_set_up"
  | "portal_feature_off"
  | "portal_refused"
  | "plan_unchanged"
  | "plan_not_offered"
  | "subscription_over"
  | "subscription_ending"
  | "subscription_scheduled"
  | "subscription_not_changeable"
  | "changed_meanwhile"
  | "card_declined"
  | "payment_method_required"
  | "payment_confirmation_required"
  | "idempotency_key_reused"
  | "invalid_signature"
  | "invalid_event"
  | "unauthenticated"
  | "auth_unavailable"
  | "stripe_unavailable"
  | "cross_site_request"
  | "not_billing_manager"
  | "not_found"
  | "payload_too_large"
  | "unsupported_media_type"
  | "internal_error";

export type RedirectAnswer = { url: string };

export type CheckoutAnswer = { url: string } | { clientSecret: string };

export type CheckoutSummary = {
  id: string;
  status: "open" | "processing" | "complete" | "failed" | "expired";
  mode: "payment" | "subscription";
  amountTotal: number | null;
  currency: string | null;
  items: { description: string; quantity: number; amountTotal: number }[];
  receiptUrl?: string | null | undefined;
};

export type ChangePreview = {
  token: string;
  subscriptionId: string;
  from: { priceId: string; quantity: number | null };
  to: { priceId: string; quantity: number | null };
  effective: "now" | "period_end";
  effectiveAt: string;
  currency: string;
  amountDue: number;
  total: number;
  discount: number;
  tax: number;
  credit: number;
  lines: { description: string; amount: number; proration: boolean; periodStart: string; periodEnd: string }[];
  next: { amount: number; at: string };
};

export type NextPayment = {
  subscriptionId: string;
  currency: string;
  next: { amount: number; at: string } | null;
  byInvoice: boolean;
  paymentMethod: { type: string; brand: string | null; last4: string | null; expires: string | null } | null;
  missingPaymentMethod: "cancel" | "pause" | null;
};

export type SubscriptionState = {
  subscriptionId: string;
  status: string;
  items: { priceId: string; quantity: number | null }[];
  periodEnd: string;
  endsAt: string | null;
  changesTo: { items: { priceId: string; quantity: number | null }[]; at: string } | null;
};

export type ChangedMeanwhile = {
  error: string;
  code: ErrorCode;
  requestId: string;
  preview?:
    | {
        token: string;
        subscriptionId: string;
        from: { priceId: string; quantity: number | null };
        to: { priceId: string; quantity: number | null };
        effective: "now" | "period_end";
        effectiveAt: string;
        currency: string;
        amountDue: number;
        total: number;
        discount: number;
        tax: number;
        credit: number;
        lines: { description: string; amount: number; proration: boolean; periodStart: string; periodEnd: string }[];
        next: { amount: number; at: string };
      }
    | undefined;
};

export type PaymentRefusal = { error: string; code: ErrorCode; requestId: string; confirmUrl?: string | undefined };
