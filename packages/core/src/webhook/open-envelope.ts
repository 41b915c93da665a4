import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { isMissing } from "../stripe/index.ts";
import { assertEvent, isThin } from "./assert-event.ts";
import { resolveThinEvent } from "./thin-event.ts";

// Nothing in its batch is applied before this has answered, or failed: a message that comes again costs less than that wait.
const REQUEST: Stripe.RequestOptions = { timeout: 5_000, maxNetworkRetries: 1 };

export interface Opened {
  event: Stripe.Event;
  /** Whether EventBridge put it into the queue, and no function of ours: then nobody has counted it yet. */
  fromEventBridge: boolean;
}

/** A message as `toEnvelope` makes it, as `toIdEnvelope` does, or as EventBridge does, which has the event as its detail. */
interface Envelope {
  event?: unknown;
  eventId?: unknown;
  /** https://docs.stripe.com/event-destinations/eventbridge#event-structure */
  detail?: unknown;
}

/**
 * Unpacks a message of the queue; one that carries only an id is fetched, and so is what a thin one stands for.
 * @throws when it is no envelope, holds no event, or Stripe does not answer
 */
export async function openEnvelope(clients: Pick<Clients, "stripe">, body: string): Promise<Opened> {
  const envelope: Envelope = JSON.parse(body) ?? {};
  const { eventId, detail } = envelope;
  const opened =
    typeof eventId === "string"
      ? await clients.stripe.events.retrieve(eventId, {}, REQUEST)
      : (envelope.event ?? detail);
  assertEvent(opened);
  const event = isThin(opened) ? await resolveThinEvent(clients, opened, REQUEST) : opened;
  return { event, fromEventBridge: detail !== undefined };
}

/** Whether a message could not be opened for its own sake, and not because Stripe did not answer. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof TypeError || isMissing(error);
}
