import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { assertEvent } from "./assert-event.ts";

/**
 * Unpacks a message of the queue; one that carries only an id is fetched.
 * @throws when it is no envelope, holds no event, or Stripe does not answer
 */
export async function openEnvelope(clients: Pick<Clients, "stripe">, body: string): Promise<Stripe.Event> {
  const { event, eventId }: { event?: unknown; eventId?: unknown } = JSON.parse(body) ?? {};
  const opened = typeof eventId === "string" ? await clients.stripe.events.retrieve(eventId) : event;
  assertEvent(opened);
  return opened;
}
