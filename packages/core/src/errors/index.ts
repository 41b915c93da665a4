/** Every way in which Turnpike refuses a request, with the HTTP status that each is answered with. */
export const errorStatus = {
  invalid_request: 400,
  price_not_for_sale: 400,
  redirect_not_allowed: 400,
  no_billing_account: 400,
  invalid_signature: 400,
  unauthenticated: 401,
  cross_site_request: 403,
  not_found: 404,
  payload_too_large: 413,
  unsupported_media_type: 415,
  internal_error: 500,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

/** A refusal whose message is meant for the caller. Anything else that is thrown is answered `500` without its message. */
export class BillingError extends Error {
  override readonly name = "BillingError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
