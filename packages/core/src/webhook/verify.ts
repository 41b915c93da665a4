import Stripe from "stripe";
import { BillingError } from "../errors/index.ts";
import { assertEvent, type SentEvent } from "./assert-event.ts";

/**
 * Checks that Stripe sent this body and answers the event in it.
 * @param body the bytes as they came, unparsed: the signature is over them
 * @param secrets more than one while a secret is rolled; either will do
 * @throws BillingError `invalid_signature`, without saying which part was wrong; for what Stripe did sign, `invalid_event`
 * @see https://docs.stripe.com/webhooks/signature
 */
export function verifyEvent(body: string, signature: string | undefined, secrets: readonly string[]): SentEvent {
  if (!secrets.some((secret) => isSignedWith(secret, body, signature ?? ""))) {
    throw new BillingError("invalid_signature", "The Stripe-Signature header does not fit this body");
  }
  const event = parse(body);
  try {
    assertEvent(event);
    return event;
  } catch (error) {
    throw new BillingError("invalid_event", `The body is signed, and is no event. ${(error as Error).message}`);
  }
}

function isSignedWith(secret: string, body: string, signature: string): boolean {
  try {
    return Stripe.webhooks.signature?.verifyHeader(body, signature, secret, Stripe.webhooks.DEFAULT_TOLERANCE) ?? false;
  } catch {
    return false;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `a,b` → `['a', 'b']`. */
export function parseSecrets(list: string): string[] {
  return list.split(",").flatMap((secret) => secret.trim() || []);
}
