import type Stripe from "stripe";
import { ApiError, found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  atMost,
  boolean,
  clearable,
  email,
  type Fields,
  hashOf,
  ignored,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { cancelPayment, capturePayment } from "../billing/capturing.ts";
import { paymentBy } from "../billing/invoice-payments.ts";
import { formatMoney, largestCharge, refusedFraction, smallestCharge, tooLarge } from "../billing/money.ts";
import { attemptPayment, declineOf, methodTypesFor, openPayment, type PaymentIntent } from "../billing/payment.ts";
import { tellAttempt } from "../billing/settlement.ts";
import type { World } from "../world.ts";
import { address, addressOf } from "./address.ts";
import { customerFromParam } from "./customers.ts";
import {
  intentMethods,
  methodsOf,
  refuseNoReturn,
  refuseOtherType,
  refuseUnusedReturn,
  returnAddress,
} from "./intent-methods.ts";
import { methodChosen, methodData, methodFromParam, refuseOthersMethod } from "./payment-methods.ts";
import { currency } from "./price-params.ts";

const shipping = hashOf(
  schema({ address, carrier: text, name: text, phone: text, tracking_number: text }, ["address", "name"]),
);

const shippingOf = (
  given: ParamsOf<typeof updateParams>["shipping"],
): Pick<PaymentIntent, "shipping"> | Record<string, never> =>
  given === undefined ? {} : { shipping: given && { ...given, address: addressOf(given.address) ?? undefined } };

/** Whether the customer is there; the words of older clients say that they are not. */
const offSession: Reader<boolean> = (value, param) =>
  value === "one_off" || value === "recurring" ? true : boolean(value, param);

const confirmation = {
  mandate_data: ignored,
  off_session: offSession,
  payment_method: text,
  payment_method_data: methodData,
  return_url: returnAddress,
  setup_future_usage: oneOf("off_session", "on_session"),
} satisfies Fields<keyof Stripe.PaymentIntentConfirmParams>;

const attributes = {
  amount: integer,
  currency,
  customer: text,
  description: atMost(1000),
  metadata,
  receipt_email: clearable(email),
  shipping: clearable(shipping),
  statement_descriptor_suffix: ignored,
} satisfies Fields<keyof Stripe.PaymentIntentUpdateParams>;

const createParams = schema(
  {
    ...attributes,
    ...confirmation,
    ...intentMethods,
    capture_method: oneOf("automatic", "automatic_async", "manual"),
    confirm: boolean,
    confirmation_method: oneOf("automatic", "manual"),
  } satisfies Fields<keyof Stripe.PaymentIntentCreateParams>,
  ["amount", "currency"],
);

const confirmParams = schema(confirmation);
const updateParams = schema(attributes);
const captureParams = schema({ amount_to_capture: integer } satisfies Fields<keyof Stripe.PaymentIntentCaptureParams>);

function refuseAmount(amount: number, currency: string): void {
  const least = Math.max(1, smallestCharge(currency));
  if (amount < least) {
    const message = `Amount must be at least ${formatMoney(least, currency)} ${currency}`;
    throw invalid(message, "amount_too_small", "amount");
  }
  if (amount > largestCharge(currency)) throw invalid(tooLarge(currency), "amount_too_large", "amount");
  refuseFraction(amount, currency, "amount");
}

/** Stripe's 400 for an amount with a fraction that cards do not know. */
export function refuseFraction(amount: number, currency: string, param: string): void {
  const refused = refusedFraction(amount, currency);
  if (refused) throw invalid(refused.message, refused.code, param);
}

function createIntent(world: World, params: ParamsOf<typeof createParams>): PaymentIntent {
  refuseAmount(params.amount, params.currency);
  if (params.off_session && !params.confirm) {
    const message =
      "You can only set `off_session` when `confirm` is true: it says that the customer is away as they pay.";
    throw invalid(message, undefined, "off_session");
  }
  if (params.customer !== undefined) customerFromParam(world, params.customer);
  const { automatic_payment_methods: automaticMethods, allowed_payment_method_types: allowedTypes } = methodsOf(params);
  const types = methodTypesFor(params.currency, params.capture_method, allowedTypes);
  if (types.length === 0) {
    const message = `The currency provided (${params.currency}) is invalid for one or more payment method types on this PaymentIntent.`;
    throw invalid(message, undefined, "allowed_payment_method_types");
  }
  refuseUnusedReturn(params);
  if (params.confirm) refuseNoReturn(automaticMethods, "PaymentIntent", params.return_url);
  const method = methodChosen(world, params);
  if (method) {
    refuseOthersMethod(method, params.customer ?? null);
    refuseOtherType(method, types, "PaymentIntent");
  }
  const intent = openPayment(world, {
    amount: params.amount,
    currency: params.currency,
    customer: params.customer ?? null,
    metadata: mergeMetadata({}, params.metadata),
    description: params.description ?? null,
    futureUsage: params.setup_future_usage ?? null,
    captureMethod: params.capture_method ?? "automatic_async",
    confirmationMethod: params.confirmation_method ?? "automatic",
    receiptEmail: params.receipt_email ?? null,
    automaticMethods,
    allowedTypes,
    ...(method ? { paymentMethod: method.id } : {}),
  });
  world.update("paymentIntents", intent.id, shippingOf(params.shipping));
  const { payment_method: _named, payment_method_data: _described, ...rest } = params;
  return params.confirm ? confirm(world, intent.id, rest) : getIntent(world, intent.id);
}

function getIntent(world: World, id: string): PaymentIntent {
  return found(world.store.paymentIntents.find(id), "payment_intent", id);
}

const CONFIRMABLE = ["requires_payment_method", "requires_confirmation", "requires_action"];

function expectStatus({ status }: PaymentIntent, statuses: readonly string[], verb: string): void {
  if (statuses.includes(status)) return;
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be ${verb.replace(/e?$/, "ed")}: ${statuses.join(", ")}.`;
  throw invalid(message, "payment_intent_unexpected_state");
}

/** 402 when the card is declined: the attempt has happened nevertheless. */
function confirm(world: World, id: string, params: ParamsOf<typeof confirmParams>): PaymentIntent {
  const intent = getIntent(world, id);
  expectStatus(intent, CONFIRMABLE, "confirm");
  const chosen = methodChosen(world, params)?.id ?? intent.payment_method;
  if (chosen === null) {
    const message =
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.";
    throw invalid(message, "payment_intent_unexpected_state");
  }
  refuseNoReturn(intent.automatic_payment_methods, "PaymentIntent", params.return_url);
  const method = methodFromParam(world, chosen, "payment_method");
  refuseOthersMethod(method, intent.customer);
  refuseOtherType(method, intent.payment_method_types, "PaymentIntent");
  if (params.setup_future_usage !== undefined)
    world.update("paymentIntents", id, { setup_future_usage: params.setup_future_usage });
  const { off_session: offSession = false, return_url: returnUrl = null } = params;
  const attempt = attemptPayment(world, id, method, { returnUrl, offSession });
  tellAttempt(world, id, attempt, method);
  if (attempt === "declined") {
    const declined = getIntent(world, id);
    throw new ApiError(402, {
      type: "card_error",
      ...declineOf(declined.last_payment_error),
      payment_intent: declined,
    });
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
  refuseFraction(wanted, intent.currency, "amount_to_capture");
  return capturePayment(world, id, wanted);
}

const reason = oneOf("duplicate", "fraudulent", "requested_by_customer", "abandoned");

export const paymentIntentRoutes: Route[] = [
  route("POST", "/v1/payment_intents", createParams, createIntent),
  listRoute("/v1/payment_intents", "payment_intent", { customer: text }, (world, { customer }) =>
    choose(world.store.paymentIntents, { customer }),
  ),
  route("GET", "/v1/payment_intents/:id", schema({}), (world, _, { id }) => getIntent(world, id)),
  route("POST", "/v1/payment_intents/:id", updateParams, (world, params, { id }) => {
    const { metadata: before, ...intent } = getIntent(world, id);
    expectStatus({ ...intent, metadata: before }, CONFIRMABLE, "update");
    if (params.amount !== undefined || params.currency !== undefined) refuseDefault(world, id, "change the amount of");
    refuseAmount(params.amount ?? intent.amount, params.currency ?? intent.currency);
    if (params.customer !== undefined) customerFromParam(world, params.customer);
    const { metadata: change, shipping, statement_descriptor_suffix: _suffix, ...plain } = params;
    const { allowed_payment_method_types: allowed, capture_method: capture } = intent;
    return world.update("paymentIntents", id, {
      ...plain,
      ...(plain.currency && { payment_method_types: methodTypesFor(plain.currency, capture, allowed) }),
      ...shippingOf(shipping),
      metadata: mergeMetadata(before, change),
    });
  }),
  route("POST", "/v1/payment_intents/:id/capture", captureParams, (world, params, { id }) =>
    capture(world, id, params.amount_to_capture),
  ),
  route("POST", "/v1/payment_intents/:id/confirm", confirmParams, (world, params, { id }) =>
    confirm(world, id, params),
  ),
  route("POST", "/v1/payment_intents/:id/cancel", schema({ cancellation_reason: reason }), (world, params, { id }) =>
    cancel(world, id, params.cancellation_reason ?? null),
  ),
];
