import { type SentEvent, toEnvelope, toIdEnvelope } from "@turnpike/core/webhook";
import { bindings } from "./bindings.ts";
import { LARGEST_MESSAGE, sendMessages } from "./queue.ts";

/**
 * Puts events where the consumer finds them; resolves when none can be lost any more. One that the queue does not take as it is
 * travels as its id.
 * @returns those that it does not take either way
 * @throws when the queue does not answer
 */
export async function enqueueEvents<Event extends SentEvent>(
  events: Event[],
): Promise<{ event: Event; reason: string }[]> {
  const whole = events.map((event) => ({ event, body: toEnvelope(event, LARGEST_MESSAGE) }));
  const refused = (await send(whole)).map(({ event }) => ({ event, body: toIdEnvelope(event) }));
  return (await send(refused)).map(({ event, code }) => ({ event, reason: `The queue refused it: ${code}` }));
}

async function send<Event>(messages: { event: Event; body: string }[]) {
  const bodies = messages.map(({ body }) => body);
  const refused = await sendMessages(bindings.eventsQueueUrl, bodies);
  return refused.flatMap(({ index, code }) => {
    const message = messages[index];
    return message ? [{ event: message.event, code }] : [];
  });
}
