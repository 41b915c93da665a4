import type { SentEvent } from "./assert-event.ts";

/**
 * Packs an event for a queue: whole, or its id where it is too large to travel.
 * Every character beyond ASCII is written as `\uXXXX`, which JSON reads as the same: not every queue takes all of Unicode (SQS
 * refuses U+FFFF), and so a message has as many bytes as characters.
 * @param largest how many bytes a message may have
 */
export function toEnvelope(event: SentEvent, largest: number): string {
  const whole = JSON.stringify({ event }).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return whole.length <= largest ? whole : toIdEnvelope(event);
}

/** The id alone: the consumer asks Stripe for the rest. */
export function toIdEnvelope({ id }: Pick<SentEvent, "id">): string {
  return JSON.stringify({ eventId: id });
}
