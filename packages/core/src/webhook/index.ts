import Stripe from "stripe";
import * as z from "zod";
import { BillingError } from "../errors/index.ts";
import { STRIPE_API_VERSION } from "../stripe/version.ts";

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

/** Whether an event is of the API version that the endpoint should be pinned to; one that is not may lack or rename fields. */
export function isOfPinnedVersion({ api_version }: Stripe.Event): boolean {
  return api_version === STRIPE_API_VERSION;
}

/** `a,b` → `['a', 'b']`. */
export function parseSecrets(list: string): string[] {
  return list.split(",").flatMap((secret) => secret.trim() || []);
}

// SQS takes 1 MiB a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
// Half of it leaves room for a batch of sends, whose bodies count together.
const LARGEST_ENVELOPE = 512 * 1024;

/** What travels through the queue: the event, or its id where it is too large to travel. */
const Envelope = z.union([
  z.object({ event: z.custom<Stripe.Event>((event) => typeof event === "object" && event !== null) }),
  z.object({ eventId: z.string() }),
]);

/** Packs an event for the queue. */
export function toEnvelope(event: Stripe.Event): string {
  const whole = JSON.stringify({ event });
  return Buffer.byteLength(whole) <= LARGEST_ENVELOPE ? whole : JSON.stringify({ eventId: event.id });
}

/**
 * Unpacks a message of the queue; one that carries only an id is fetched.
 * @throws when it is no envelope, or Stripe does not answer
 */
export async function openEnvelope(stripe: Stripe, body: string): Promise<Stripe.Event> {
  const envelope = Envelope.parse(JSON.parse(body));
  return "event" in envelope ? envelope.event : stripe.events.retrieve(envelope.eventId);
}
