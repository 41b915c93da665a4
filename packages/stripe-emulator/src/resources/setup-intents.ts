import type Stripe from "stripe";
import { ApiError, invalid, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
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
import { DECLINED } from "../billing/payment.ts";
import { isChallenged } from "../billing/test-cards.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { attachPaymentMethod, methodFromParam } from "./payment-methods.ts";

type SetupIntent = Stored<Stripe.SetupIntent>;

const confirmation = {
  mandate_data: ignored,
  payment_method: text,
  return_url: text,
} satisfies Fields<keyof Stripe.SetupIntentConfirmParams>;

const createParams = schema({
  ...confirmation,
  automatic_payment_methods: ignored,
  confirm: boolean,
  customer: text,
  description: text,
  metadata,
  usage: oneOf("off_session", "on_session"),
} satisfies Fields<keyof Stripe.SetupIntentCreateParams>);

function createIntent(world: World, params: ParamsOf<typeof createParams>): SetupIntent {
  if (params.customer !== undefined) customerFromParam(world, params.customer);
  const id = newId("seti");
  const intent = world.store.setupIntents.put({
    id,
    object: "setup_intent",
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${newId("", 25).slice(1)}`,
    created: world.now(),
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ["card"],
    single_use_mandate: null,
    status: "requires_payment_method",
    usage: params.usage ?? "off_session",
  });
  world.emit("setup_intent.created", intent);
  return params.confirm ? confirm(world, id, params) : intent;
}

function getIntent(world: World, id: string): SetupIntent {
  const intent = world.store.setupIntents.find(id);
  if (!intent) throw noSuch("setup_intent", id);
  return intent;
}

const OPEN = ["requires_payment_method", "requires_confirmation", "requires_action"];

function expectOpen({ status }: SetupIntent): void {
  if (OPEN.includes(status)) return;
  throw invalid(`This SetupIntent has a status of ${status}.`, "setup_intent_unexpected_state");
}

/** 402 when the card is declined. */
function confirm(world: World, id: string, params: Partial<ParamsOf<typeof createParams>>): SetupIntent {
  const before = getIntent(world, id);
  expectOpen(before);
  if (params.payment_method === undefined)
    throw invalid(
      "You cannot confirm this SetupIntent because it's missing a payment method.",
      "setup_intent_unexpected_state",
    );
  const method = methodFromParam(world, params.payment_method, "payment_method");
  const { outcome } = world.store.instruments.get(method.id);
  if (outcome === "declined") {
    const last_setup_error = { type: "card_error", ...DECLINED, payment_method: method } as const;
    world.emit("setup_intent.setup_failed", world.update("setupIntents", id, { last_setup_error }));
    throw new ApiError(402, { type: "card_error", ...DECLINED });
  }
  if (isChallenged(outcome)) {
    const redirect_to_url = { return_url: params.return_url ?? null, url: `${world.publicUrl}/c/challenge/${id}` };
    const next_action = { type: "redirect_to_url", redirect_to_url };
    const waiting = world.update("setupIntents", id, {
      status: "requires_action",
      payment_method: method.id,
      next_action,
    });
    world.emit("setup_intent.requires_action", waiting);
    return waiting;
  }
  if (before.customer !== null) attachPaymentMethod(world, method.id, before.customer);
  const done = world.update("setupIntents", id, { status: "succeeded", payment_method: method.id });
  world.emit("setup_intent.succeeded", done);
  return done;
}

/** The bank's challenge was answered. */
export function answerSetupChallenge(world: World, id: string, passed: boolean): void {
  const { customer, payment_method: method } = getIntent(world, id);
  if (!passed || method === null) {
    const patch = { status: "requires_payment_method", next_action: null, payment_method: null };
    world.emit("setup_intent.setup_failed", world.update("setupIntents", id, patch));
    return;
  }
  const { outcome } = world.store.instruments.get(method);
  if (outcome === "authenticates_once") world.store.instruments.put({ id: method, outcome: "succeeds" });
  if (customer !== null) attachPaymentMethod(world, method, customer);
  world.emit("setup_intent.succeeded", world.update("setupIntents", id, { status: "succeeded", next_action: null }));
}

const reason = oneOf("abandoned", "duplicate", "requested_by_customer");

export const setupIntentRoutes: Route[] = [
  route("POST", "/v1/setup_intents", createParams, createIntent),
  listRoute("/v1/setup_intents", "setup_intent", { customer: text }, (world, { customer }) =>
    world.store.setupIntents.all().filter((row) => customer === undefined || row.customer === customer),
  ),
  route("GET", "/v1/setup_intents/:id", schema({}), (world, _, { id = "" }) => getIntent(world, id)),
  route("POST", "/v1/setup_intents/:id/confirm", schema(confirmation), (world, params, { id = "" }) =>
    confirm(world, id, params),
  ),
  route(
    "POST",
    "/v1/setup_intents/:id/cancel",
    schema({ cancellation_reason: reason }),
    (world, params, { id = "" }) => {
      expectOpen(getIntent(world, id));
      const patch = { status: "canceled", cancellation_reason: params.cancellation_reason ?? null, next_action: null };
      const canceled = world.update("setupIntents", id, patch);
      world.emit("setup_intent.canceled", canceled);
      return canceled;
    },
  ),
];
