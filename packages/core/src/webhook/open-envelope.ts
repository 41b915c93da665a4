import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { assertEvent } from "./assert-event.ts";

// Nothing in its batch is applied before this has answered, or failed: a message that comes again costs less than that wait.
const REQUEST: Stripe.RequestOptions = { timeout: 5_000, maxNetworkRetries: 1 };

/**
 * Unpacks a message of the queue; one that carries only an id is fetched.
 * @throws when it is no envelope, holds no event, or Stripe does not answer
 */
export async function openEnvelope(clients: Pick<Clients, "stripe">, body: string): Promise<Stripe.Event> {
  const { event, eventId }: { event?: unknown; eventId?: unknown } = JSON.parse(body) ?? {};
  const opened = typeof eventId === "string" ? await clients.stripe.events.retrieve(eventId, {}, REQUEST) : event;
  assertEvent(opened);
  return opened;
}
