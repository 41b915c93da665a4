import Stripe from "stripe";
import { BillingError } from "../errors/index.ts";

/**
 * Checks that Stripe sent this body and answers the event in it.
 * @param body the bytes as they came, unparsed: the signature is over them
 * @param secrets more than one while a secret is rolled; either will do
 * @throws BillingError `invalid_signature`, without saying which part was wrong
 * @see https://docs.stripe.com/webhooks/signature
 */
export function verifyEvent(body: string, signature: string | undefined, secrets: readonly string[]): Stripe.Event {
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(body, signature ?? "", secret);
    } catch {
      // The next secret may fit.
    }
  }
  throw new BillingError("invalid_signature", "The Stripe-Signature header does not fit this body");
}

/** `a,b` → `['a', 'b']`. */
export function parseSecrets(list: string): string[] {
  return list.split(",").flatMap((secret) => secret.trim() || []);
}
