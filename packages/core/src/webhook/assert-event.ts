import type Stripe from "stripe";

// A moment in seconds that no event will bear in our time. Milliseconds, taken for seconds, are far beyond it.
const LATEST = Date.UTC(2100) / 1000;

/**
 * An event that shows nothing, and says which object it is about: https://docs.stripe.com/event-destinations#thin-events
 * @see https://docs.stripe.com/api/v2/core/events/object
 */
export interface ThinEvent {
  id: string;
  object: "v2.core.event";
  /** `v1.customer.created`. */
  type: string;
  /** ISO 8601. */
  created: string;
  livemode: boolean;
  /** The account that made it, where that is one of several. */
  context?: string | null;
  /** The event that shows the object, where Stripe made one of the same change. */
  snapshot_event?: string | null;
  related_object?: { id: string; url: string } | null;
}

/** What Stripe sends. */
export type SentEvent = Stripe.Event | ThinEvent;

export function isThin(event: SentEvent): event is ThinEvent {
  return event.object === "v2.core.event";
}

/**
 * Checks that this has what identifies an event, in a form that the ledger can hold. What the event is about is checked where it is
 * read.
 * @throws TypeError that names the field, and none of its value
 * @see https://docs.stripe.com/api/events/object
 */
export function assertEvent(value: unknown): asserts value is SentEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("It is no object");
  const { id, object, type, created, livemode, api_version, context, data } = value as Record<string, unknown>;
  if (!isWord(id) || id === "") throw new TypeError("Its id is no id");
  if (!isWord(type)) throw new TypeError("Its type is no type");
  if (typeof livemode !== "boolean") throw new TypeError("It says of no mode");
  if (!isWord(context ?? "")) throw new TypeError("Its context is no context");
  if (object === "v2.core.event") return assertThin(value as Record<string, unknown>);
  if (!isWord(api_version ?? "")) throw new TypeError("Its api_version is no version");
  if (!Number.isInteger(created) || !isMoment(created as number)) {
    throw new TypeError("Its created is no moment in seconds");
  }
  if (typeof data !== "object" || data === null) throw new TypeError("It has no data");
}

function assertThin({ created, snapshot_event, related_object }: Record<string, unknown>): void {
  if (typeof created !== "string" || !isMoment(Date.parse(created) / 1000)) {
    throw new TypeError("Its created is no moment");
  }
  if (!isWord(snapshot_event ?? "")) throw new TypeError("Its snapshot_event is no id");
  const { id = "", url = "" } = (related_object ?? {}) as Record<string, unknown>;
  if (!isWord(id) || !isWord(url)) throw new TypeError("Its related_object is no object");
}

function isMoment(seconds: number): boolean {
  return seconds >= 0 && seconds <= LATEST;
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && /^[!-~]{0,255}$/.test(value);
}
