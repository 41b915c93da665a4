import { BillingError, type ErrorCode } from "@turnpike/core/errors";
import type { ErrorAnswer } from "@turnpike/core/errors/schema";
import type { Middleware } from "./request.ts";

/** The HTTP status that each refusal is answered with. */
const STATUS: Record<ErrorCode, number> = {
  invalid_request: 400,
  price_not_for_sale: 400,
  redirect_not_allowed: 400,
  quantity_not_allowed: 400,
  items_not_together: 400,
  amount_too_large: 400,
  amount_too_small: 400,
  no_billing_account: 400,
  paid_by_another: 409,
  sale_in_progress: 409,
  currency_mismatch: 409,
  portal_feature_off: 409,
  portal_refused: 409,
  plan_unchanged: 409,
  plan_not_offered: 409,
  subscription_over: 409,
  subscription_ending: 409,
  subscription_scheduled: 409,
  subscription_not_changeable: 409,
  changed_meanwhile: 409,
  idempotency_key_reused: 409,
  card_declined: 402,
  payment_method_required: 402,
  payment_confirmation_required: 402,
  account_being_read: 503,
  other_account: 503,
  tax_not_set_up: 503,
  terms_not_set_up: 503,
  coupon_not_usable: 503,
  portal_not_set_up: 503,
  invalid_signature: 400,
  invalid_event: 400,
  unauthenticated: 401,
  cross_site_request: 403,
  not_billing_manager: 403,
  not_found: 404,
  payload_too_large: 413,
  unsupported_media_type: 415,
  internal_error: 500,
  auth_unavailable: 503,
  stripe_unavailable: 503,
};

/** In how many seconds it is worth trying again, where that is known. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  sale_in_progress: 5,
  stripe_unavailable: 5,
  account_being_read: 60,
};

/** The one place where an error becomes an answer. What was not meant for the caller is a `500` that says nothing. */
export function answerErrors(): Middleware {
  return {
    onError: (request) => {
      const { error } = request;
      const { code, message, status } = refusalOf(error);
      const answer: ErrorAnswer = {
        error: message,
        code,
        requestId: request.event.requestContext.requestId,
        ...(error instanceof BillingError && error.details),
      };
      request.response = {
        statusCode: status,
        headers: {
          "content-type": "application/json",
          // A refusal is for who was refused: the next one who asks may be the owner.
          "cache-control": "no-store",
          ...(RETRY_AFTER[code] && { "retry-after": `${RETRY_AFTER[code]}` }),
        },
        body: JSON.stringify(answer),
      };
    },
  };
}

/** How an error is answered. */
export function refusalOf(error: unknown): { code: ErrorCode; message: string; status: number } {
  const { code, message } = meantForCaller(error);
  return { code, message, status: STATUS[code] };
}

function meantForCaller(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof BillingError) return error;
  if (isStripeAway(error)) {
    return { code: "stripe_unavailable", message: "Stripe does not answer at the moment. Please try again." };
  }
  switch (parserStatus(error)) {
    case 415:
      return { code: "unsupported_media_type", message: "Send this request with content-type: application/json" };
    case 400:
    case 422:
      return { code: "invalid_request", message: "The body is not valid JSON" };
    default:
      return { code: "internal_error", message: "Something went wrong on our side. Please try again." };
  }
}

/**
 * Whether Stripe could not be reached in time, was asked too often, or failed itself: whoever asks again in a moment may have what they
 * want, and has it once. Told by the type: Stripe's package would be most of the webhook receiver's bundle.
 */
function isStripeAway(error: unknown): boolean {
  const { type, statusCode = 500 } = (error ?? {}) as { type?: string; statusCode?: number };
  if (type === "StripeAPIError") return statusCode >= 500;
  return type === "StripeConnectionError" || type === "StripeRateLimitError";
}

/** Middy's parser throws errors of its own, told apart by their status; Stripe's errors have one too. */
function parserStatus(error: unknown): number | undefined {
  const { cause, statusCode } = (error ?? {}) as { cause?: { package?: string }; statusCode?: number };
  return cause?.package === "@middy/http-json-body-parser" ? statusCode : undefined;
}
