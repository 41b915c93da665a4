import type Stripe from "stripe";
import { ApiError, found, invalid } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  atMost,
  boolean,
  type Fields,
  ignored,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { declineOf } from "../billing/payment.ts";
import { attemptSetup, cancelSetup, openSetup, type SetupIntent } from "../billing/setup.ts";
import type { World } from "../world.ts";
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

const confirmation = {
  mandate_data: ignored,
  payment_method: text,
  payment_method_data: methodData,
  return_url: returnAddress,
} satisfies Fields<keyof Stripe.SetupIntentConfirmParams>;

const createParams = schema({
  ...confirmation,
  ...intentMethods,
  confirm: boolean,
  customer: text,
  description: atMost(1000),
  metadata,
  usage: oneOf("off_session", "on_session"),
} satisfies Fields<keyof Stripe.SetupIntentCreateParams>);

function createIntent(world: World, params: ParamsOf<typeof createParams>): SetupIntent {
  if (params.customer !== undefined) customerFromParam(world, params.customer);
  const { automatic_payment_methods: automaticMethods, allowed_payment_method_types: allowedTypes } = methodsOf(params);
  refuseUnusedReturn(params);
  if (params.confirm) refuseNoReturn(automaticMethods, "SetupIntent", params.return_url);
  const methodTypes = allowedTypes ?? ["card", "sepa_debit"];
  const method = methodChosen(world, params);
  if (method) {
    refuseOthersMethod(method, params.customer ?? null);
    refuseOtherType(method, methodTypes, "SetupIntent");
  }
  const intent = openSetup(world, {
    customer: params.customer ?? null,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    methodTypes,
    automaticMethods,
    allowedTypes,
    usage: params.usage ?? "off_session",
    ...(method ? { paymentMethod: method.id } : {}),
  });
  const { payment_method: _named, payment_method_data: _described, ...rest } = params;
  return params.confirm ? confirm(world, intent.id, rest) : intent;
}

function getIntent(world: World, id: string): SetupIntent {
  return found(world.store.setupIntents.find(id), "setup_intent", id);
}

const OPEN = ["requires_payment_method", "requires_confirmation", "requires_action"];

function expectOpen({ status }: SetupIntent): void {
  if (OPEN.includes(status)) return;
  throw invalid(`This SetupIntent has a status of ${status}.`, "setup_intent_unexpected_state");
}

/** 402 when the card is declined. */
function confirm(world: World, id: string, params: Partial<ParamsOf<typeof createParams>>): SetupIntent {
  const intent = getIntent(world, id);
  expectOpen(intent);
  const chosen = methodChosen(world, params)?.id ?? intent.payment_method;
  if (chosen === null)
    throw invalid(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      "setup_intent_unexpected_state",
    );
  refuseNoReturn(intent.automatic_payment_methods, "SetupIntent", params.return_url);
  const method = methodFromParam(world, chosen, "payment_method");
  refuseOthersMethod(method, intent.customer);
  refuseOtherType(method, intent.payment_method_types, "SetupIntent");
  if (attemptSetup(world, id, method, { returnUrl: params.return_url ?? null }) === "declined") {
    const declined = getIntent(world, id);
    const decline = declineOf(declined.last_setup_error);
    throw new ApiError(402, { type: "card_error", ...decline, setup_intent: declined });
  }
  return getIntent(world, id);
}

const reason = oneOf("abandoned", "duplicate", "requested_by_customer");

export const setupIntentRoutes: Route[] = [
  route("POST", "/v1/setup_intents", createParams, createIntent),
  listRoute("/v1/setup_intents", "setup_intent", { customer: text }, (world, { customer }) =>
    choose(world.store.setupIntents, { customer }),
  ),
  route("GET", "/v1/setup_intents/:id", schema({}), (world, _, { id }) => getIntent(world, id)),
  route("POST", "/v1/setup_intents/:id/confirm", schema(confirmation), (world, params, { id }) =>
    confirm(world, id, params),
  ),
  route("POST", "/v1/setup_intents/:id/cancel", schema({ cancellation_reason: reason }), (world, params, { id }) => {
    expectOpen(getIntent(world, id));
    return cancelSetup(world, id, params.cancellation_reason ?? null);
  }),
];
