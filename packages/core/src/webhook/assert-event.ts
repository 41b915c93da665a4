import type Stripe from "stripe";

// A moment in seconds that no event will bear in our time. Milliseconds, taken for seconds, are far beyond it.
const LATEST = Date.UTC(2100) / 1000;

/**
 * Checks that this has what identifies an event, in a form that the ledger can hold. What the event is about is checked where it is
 * read.
 * @throws TypeError that names the field, and none of its value
 * @see https://docs.stripe.com/api/events/object
 */
export function assertEvent(value: unknown): asserts value is Stripe.Event {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("It is no object");
  const { id, type, created, api_version, data } = value as Record<string, unknown>;
  if (!isWord(id) || id === "") throw new TypeError("Its id is no id");
  if (!isWord(type)) throw new TypeError("Its type is no type");
  if (!isWord(api_version ?? "")) throw new TypeError("Its api_version is no version");
  if (!Number.isInteger(created) || (created as number) < 0 || (created as number) > LATEST) {
    throw new TypeError("Its created is no moment in seconds");
  }
  if (typeof data !== "object" || data === null) throw new TypeError("It has no data");
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && /^[!-~]{0,255}$/.test(value);
}
