import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { CHALLENGE_FAILED } from "./challenging.ts";
import { attachPaymentMethod, isUsedUp } from "./payment-method.ts";
import { DECLINED, isChallenged } from "./test-cards.ts";

export type SetupIntent = Stored<Stripe.SetupIntent>;

export interface SetupRequest {
  customer: string | null;
  description: string | null;
  metadata: Stripe.Metadata;
  methodTypes: string[];
  /** Absent: whatever the account's settings say. */
  automaticMethods?: SetupIntent["automatic_payment_methods"];
  allowedTypes?: SetupIntent["allowed_payment_method_types"];
  usage: "off_session" | "on_session";
  /** What is to be saved, once it is confirmed. */
  paymentMethod?: string;
}

/** How an attempt to save a payment method ended. */
export type SetupAttempt = "succeeded" | "declined" | "requires_action";

export function openSetup(world: World, request: SetupRequest): SetupIntent {
  const id = newId("seti");
  const intent = world.store.setupIntents.put({
    id,
    object: "setup_intent",
    allowed_payment_method_types: request.allowedTypes ?? null,
    application: null,
    automatic_payment_methods:
      request.automaticMethods === undefined ? { allow_redirects: "always", enabled: true } : request.automaticMethods,
    cancellation_reason: null,
    client_secret: `${id}_secret_${newId("", 25).slice(1)}`,
    created: world.now(),
    customer: request.customer,
    customer_account: null,
    description: request.description,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: request.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: request.paymentMethod ?? null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: request.methodTypes,
    single_use_mandate: null,
    status: request.paymentMethod === undefined ? "requires_payment_method" : "requires_confirmation",
    usage: request.usage,
  });
  world.emit("setup_intent.created", intent);
  return intent;
}

interface SetupOptions {
  /** The buyer has passed the bank's challenge. */
  authenticated?: boolean;
  returnUrl?: string | null;
}

/** Saves the method for later payments, on the intent's customer if it has one. Its test number decides what comes of it. */
export function attemptSetup(
  world: World,
  id: string,
  method: Stored<Stripe.PaymentMethod>,
  { authenticated = false, returnUrl = null }: SetupOptions = {},
): SetupAttempt {
  const { outcome, decline = DECLINED } = world.store.instruments.get(method.id);
  if (outcome === "declined") {
    failSetup(world, id, { ...decline, payment_method: method });
    return "declined";
  }
  if (isChallenged(outcome) && !authenticated) {
    const url = `${world.publicUrl}/c/challenge/${id}`;
    const waiting = world.update("setupIntents", id, {
      status: "requires_action",
      payment_method: method.id,
      next_action: { type: "redirect_to_url", redirect_to_url: { return_url: returnUrl, url } },
    });
    world.emit("setup_intent.requires_action", waiting);
    return "requires_action";
  }
  if (outcome === "authenticates_once") world.store.instruments.put({ id: method.id, outcome: "succeeds" });
  const { customer } = world.store.setupIntents.get(id);
  if (customer !== null) attachPaymentMethod(world, method.id, customer);
  const done = { status: "succeeded", payment_method: method.id, next_action: null, last_setup_error: null };
  const succeeded = world.update("setupIntents", id, done);
  world.emit("setup_intent.succeeded", succeeded);
  world.react("setup_intent.succeeded", succeeded);
  return "succeeded";
}

/** The bank's challenge was answered. */
export function answerSetupChallenge(world: World, id: string, passed: boolean): void {
  const method = world.store.paymentMethods.find(world.store.setupIntents.get(id).payment_method);
  if (passed && method && !isUsedUp(world, method.id)) attemptSetup(world, id, method, { authenticated: true });
  else failSetup(world, id, { ...CHALLENGE_FAILED, code: "setup_intent_authentication_failure" });
}

type SetupFailure = Omit<NonNullable<SetupIntent["last_setup_error"]>, "type">;

function failSetup(world: World, id: string, failure: SetupFailure): void {
  const failed = world.update("setupIntents", id, {
    status: "requires_payment_method",
    payment_method: null,
    next_action: null,
    last_setup_error: { type: "card_error", ...failure },
  });
  world.emit("setup_intent.setup_failed", failed);
}

export function cancelSetup(world: World, id: string, reason: SetupIntent["cancellation_reason"]): SetupIntent {
  const patch = { status: "canceled", cancellation_reason: reason, next_action: null };
  const canceled = world.update("setupIntents", id, patch);
  world.emit("setup_intent.canceled", canceled);
  return canceled;
}
