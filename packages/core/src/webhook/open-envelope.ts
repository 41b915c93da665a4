import type Stripe from "stripe";
import type { Clients } from "../clients.ts";

/**
 * Unpacks a message of the queue; one that carries only an id is fetched.
 * @throws when it is no envelope, or Stripe does not answer
 */
export async function openEnvelope(clients: Pick<Clients, "stripe">, body: string): Promise<Stripe.Event> {
  const { event, eventId }: { event?: unknown; eventId?: unknown } = JSON.parse(body);
  if (typeof event === "object" && event !== null) return event as Stripe.Event;
  if (typeof eventId === "string") return clients.stripe.events.retrieve(eventId);
  throw new TypeError("The message is no envelope");
}
