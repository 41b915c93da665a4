import type Stripe from "stripe";
import { ApiError, invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  boolean,
  type Fields,
  ignored,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancelPayment, capturePayment } from "../billing/capturing.ts";
import { paymentBy } from "../billing/invoice-payments.ts";
import { attemptPayment, DECLINED, openPayment, type PaymentIntent } from "../billing/payment.ts";
import { tellAttempt } from "../billing/settlement.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { methodFromParam } from "./payment-methods.ts";
import { amount, currency } from "./price-params.ts";

const confirmation = {
  mandate_data: ignored,
  off_session: ignored,
  payment_method: text,
  return_url: text,
  setup_future_usage: oneOf("off_session", "on_session"),
} satisfies Fields<keyof Stripe.PaymentIntentConfirmParams>;

const attributes = {
  amount,
  currency,
  customer: text,
  description: text,
  metadata,
  receipt_email: ignored,
  shipping: ignored,
  statement_descriptor_suffix: ignored,
} satisfies Fields<keyof Stripe.PaymentIntentUpdateParams>;

const createParams = schema(
  {
    ...attributes,
    ...confirmation,
    automatic_payment_methods: ignored,
    capture_method: oneOf("automatic", "automatic_async", "manual"),
    confirm: boolean,
    confirmation_method: oneOf("automatic", "manual"),
  } satisfies Fields<keyof Stripe.PaymentIntentCreateParams>,
  ["amount", "currency"],
);

const confirmParams = schema(confirmation);
const updateParams = schema(attributes);
const captureParams = schema({ amount_to_capture: integer } satisfies Fields<keyof Stripe.PaymentIntentCaptureParams>);

function createIntent(world: World, params: ParamsOf<typeof createParams>): PaymentIntent {
  if (params.amount < 1) throw invalid("This value must be greater than or equal to 1.", undefined, "amount");
  if (params.customer !== undefined) customerFromParam(world, params.customer);
  const method =
    params.payment_method === undefined ? undefined : methodFromParam(world, params.payment_method, "payment_method");
  const intent = openPayment(world, {
    amount: params.amount,
    currency: params.currency,
    customer: params.customer ?? null,
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    keepPaymentMethod: params.setup_future_usage !== undefined,
    captureMethod: params.capture_method ?? "automatic_async",
    confirmationMethod: params.confirmation_method ?? "automatic",
    ...(method ? { paymentMethod: method.id } : {}),
  });
  const { payment_method: _, ...rest } = params;
  return params.confirm ? confirm(world, intent.id, rest) : intent;
}

function getIntent(world: World, id: string): PaymentIntent {
  const intent = world.store.paymentIntents.find(id);
  if (!intent) throw noSuch("payment_intent", id);
  return intent;
}

const CONFIRMABLE = ["requires_payment_method", "requires_confirmation", "requires_action"];

function expectStatus({ status }: PaymentIntent, statuses: readonly string[], verb: string): void {
  if (statuses.includes(status)) return;
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be ${verb}ed: ${statuses.join(", ")}.`;
  throw invalid(message, "payment_intent_unexpected_state");
}

/** 402 when the card is declined: the attempt has happened nevertheless. */
function confirm(world: World, id: string, params: ParamsOf<typeof confirmParams>): PaymentIntent {
  const intent = getIntent(world, id);
  expectStatus(intent, CONFIRMABLE, "confirm");
  const chosen = params.payment_method ?? intent.payment_method;
  if (chosen === null) {
    const message =
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.";
    throw invalid(message, "payment_intent_unexpected_state");
  }
  const method = methodFromParam(world, chosen, "payment_method");
  const attempt = attemptPayment(world, id, method, { returnUrl: params.return_url ?? null });
  tellAttempt(world, id, attempt);
  if (attempt === "declined") {
    throw new ApiError(402, { type: "card_error", ...DECLINED, payment_intent: getIntent(world, id) });
  }
  return getIntent(world, id);
}

/** The payment that an invoice opened for itself follows the invoice: the SDK's comment on `is_default`. */
function refuseDefault(world: World, id: string, verb: string): void {
  if (!paymentBy(world, id)?.is_default) return;
  const message = `You cannot ${verb} this PaymentIntent because it is the default payment of an invoice. Change or void the invoice instead.`;
  throw invalid(message, "payment_intent_unexpected_state");
}

function cancel(world: World, id: string, reason: PaymentIntent["cancellation_reason"]): PaymentIntent {
  expectStatus(getIntent(world, id), [...CONFIRMABLE, "requires_capture"], "cancel");
  refuseDefault(world, id, "cancel");
  return cancelPayment(world, id, reason);
}

function capture(world: World, id: string, asked?: number): PaymentIntent {
  const intent = getIntent(world, id);
  if (intent.status !== "requires_capture") {
    const message = `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`;
    throw invalid(message, "payment_intent_unexpected_state");
  }
  const wanted = asked ?? intent.amount_capturable;
  if (wanted < 1 || wanted > intent.amount_capturable) {
    const message = `The provided amount_to_capture must be at least 1 and at most what can be captured: ${intent.amount_capturable}.`;
    throw invalid(message, wanted < 1 ? "amount_too_small" : "amount_too_large", "amount_to_capture");
  }
  return capturePayment(world, id, wanted);
}

const reason = oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned");

export const paymentIntentRoutes: Route[] = [
  route("POST", "/v1/payment_intents", createParams, createIntent),
  listRoute("/v1/payment_intents", "payment_intent", { customer: text }, (world, { customer }) =>
    choose(world.store.paymentIntents, { customer }),
  ),
  route("GET", "/v1/payment_intents/:id", schema({}), (world, _, { id = "" }) => getIntent(world, id)),
  route("POST", "/v1/payment_intents/:id", updateParams, (world, params, { id = "" }) => {
    const { metadata: before, ...intent } = getIntent(world, id);
    expectStatus({ ...intent, metadata: before }, CONFIRMABLE, "update");
    if (params.amount !== undefined || params.currency !== undefined) refuseDefault(world, id, "change the amount of");
    const {
      metadata: change,
      shipping: _shipping,
      receipt_email: _email,
      statement_descriptor_suffix: _suffix,
      ...plain
    } = params;
    return world.update("paymentIntents", id, { ...plain, metadata: mergeMetadata(before, change) });
  }),
  route("POST", "/v1/payment_intents/:id/capture", captureParams, (world, params, { id = "" }) =>
    capture(world, id, params.amount_to_capture),
  ),
  route("POST", "/v1/payment_intents/:id/confirm", confirmParams, (world, params, { id = "" }) =>
    confirm(world, id, params),
  ),
  route(
    "POST",
    "/v1/payment_intents/:id/cancel",
    schema({ cancellation_reason: reason }),
    (world, params, { id = "" }) => cancel(world, id, params.cancellation_reason ?? null),
  ),
];
