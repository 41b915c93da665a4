import type Stripe from "stripe";

// SQS takes 1 MiB a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
// Half of it leaves room for a batch of sends, whose bodies count together.
const LARGEST_ENVELOPE = 512 * 1024;

/** Packs an event for the queue: whole, or its id where it is too large to travel. */
export function toEnvelope(event: Stripe.Event): string {
  const whole = JSON.stringify({ event });
  return Buffer.byteLength(whole) <= LARGEST_ENVELOPE ? whole : JSON.stringify({ eventId: event.id });
}
