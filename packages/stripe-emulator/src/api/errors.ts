/** The part of Stripe's error body that this emulator fills (https://docs.stripe.com/api/errors). */
export interface ErrorBody {
  type: "invalid_request_error" | "card_error" | "idempotency_error" | "api_error" | "temporary_session_expired";
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: object;
  setup_intent?: object;
}

/** An answer with an error body: stripe-node tells a failure by the body's `error` key, not by the status. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  /** Of the answer, besides those that every one has. */
  readonly headers: Record<string, string>;

  constructor(status: number, body: ErrorBody, headers: Record<string, string> = {}) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** What was tried and did not come off: it leaves what it came to, where what is refused leaves nothing. */
export class FailedAttempt extends ApiError {}

/** 400 with a code of https://docs.stripe.com/error-codes */
export const invalid = (message: string, code?: string, param?: string) =>
  new ApiError(400, {
    type: "invalid_request_error",
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });

/** Something of Stripe's that the emulator lacks. The codes are its own, so that nobody takes it for Stripe's answer. */
export const notModelled = (what: string, param: string) =>
  invalid(`Stripe knows ${what}, this emulator does not model it yet.`, "emulator_parameter_not_modelled", param);

export const operationNotModelled = (operation: string) =>
  new ApiError(404, {
    type: "invalid_request_error",
    message: `Stripe knows ${operation}, this emulator does not model it yet.`,
    code: "emulator_operation_not_modelled",
  });

export const emptyParameter = (param: string) =>
  invalid(
    `You passed an empty string for '${param}'. We assume empty values are an attempt to unset a parameter; however '${param}' cannot be unset. You should remove '${param}' from your request or supply a non-empty value.`,
    "parameter_invalid_empty",
    param,
  );

export const missingParameter = (param: string) =>
  invalid(`Missing required param: ${param}.`, "parameter_missing", param);

/** An object named in the path is a 404; one named by a parameter a 400. */
export const noSuch = (kind: string, id: string, param?: string, status = param === undefined ? 404 : 400) =>
  new ApiError(status, {
    type: "invalid_request_error",
    message: `No such ${kind}: '${id}'`,
    code: "resource_missing",
    param: param ?? "id",
  });

/** Stripe's 429 for what would change on a clock while it moves: it is asked again once the clock is `ready`. */
export const clockAdvancing = (clock: string) =>
  new ApiError(429, {
    type: "invalid_request_error",
    message: `Test clock advancement underway - cannot perform modifications: ${clock}`,
  });

/** What was looked up; where there is none, Stripe's word for that. */
export function found<T>(row: T | undefined, ...missing: Parameters<typeof noSuch>): T {
  if (row === undefined) throw noSuch(...missing);
  return row;
}

export const unauthorized = (message: string) => new ApiError(401, { type: "invalid_request_error", message });

export function errorJson(error: ApiError): string {
  const { code } = error.body;
  const docs =
    code === undefined || code.startsWith("emulator_")
      ? {}
      : { doc_url: `https://docs.stripe.com/error-codes#${code.replaceAll("_", "-")}` };
  return JSON.stringify({ error: { ...error.body, ...docs } });
}
