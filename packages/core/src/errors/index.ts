/** Every way in which Turnpike refuses a request. */
export const ERROR_CODES = [
  "invalid_request",
  "price_not_for_sale",
  "redirect_not_allowed",
  "no_billing_account",
  "paid_by_another",
  "sale_in_progress",
  "account_being_read",
  "other_account",
  "currency_mismatch",
  "quantity_not_allowed",
  "items_not_together",
  "amount_too_large",
  "amount_too_small",
  "tax_not_set_up",
  "terms_not_set_up",
  "coupon_not_usable",
  "portal_not_set_up",
  "portal_feature_off",
  "portal_refused",
  "plan_unchanged",
  "plan_not_offered",
  "subscription_over",
  "subscription_ending",
  "subscription_scheduled",
  "subscription_not_changeable",
  "changed_meanwhile",
  "card_declined",
  "payment_method_required",
  "payment_confirmation_required",
  "idempotency_key_reused",
  "invalid_signature",
  "invalid_event",
  "unauthenticated",
  "auth_unavailable",
  "stripe_unavailable",
  "cross_site_request",
  "not_billing_manager",
  "not_found",
  "payload_too_large",
  "unsupported_media_type",
  "internal_error",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A refusal whose message is meant for the caller. The message of anything else that is thrown never reaches one. */
export class BillingError extends Error {
  override readonly name = "BillingError";
  readonly code: ErrorCode;
  /** What the log says. Like the message it quotes nothing of the request. */
  readonly reason: string;
  /** What the caller is told beside, to go on with; the log is not. */
  readonly details: object;

  constructor(code: ErrorCode, message: string, reason = message, details: object = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** Something went wrong that only we can mend. Its message is ours alone: it quotes no secret and no customer, so the log holds it. */
export class OwnError extends Error {
  override readonly name: string = "OwnError";
  readonly quotesNothing = true;
}
