import type Stripe from "stripe";

/** How one Stripe object looks as a row. `object` is what it is registered as in Postgres: see `billing.mirror`. */
export interface Projection {
  object: string;
  object_id: string;
  row: object;
  /**
   * Which of two states of one second came last, as far as the object's own life tells: the higher rank. Equal ranks that
   * show different rows are fetched from Stripe.
   */
  rank: number;
  /** For good: no event brings the row back. */
  deleted: boolean;
  owner?: Owner | undefined;
}

/**
 * What an object says of whose it is: of its customer, or of itself where it has none. Postgres decides, for it knows the users:
 * see `billing.find_claims`.
 */
export interface Owner {
  customer_id: string | null;
  metadata?: Stripe.Metadata;
  /** `client_reference_id`: anyone can edit it in the address of a payment link. */
  reference?: string;
  email?: string;
}

/** What must reach a person: see `billing.outbox`. */
export type NoticeKind =
  | "payment_failed"
  | "payment_action_required"
  | "invoice_finalization_failed"
  | "refund_failed"
  | "trial_will_end"
  | "terms_changed"
  | "dispute_opened"
  | "dispute_closed"
  | "early_fraud_warning";

/**
 * A moment as Postgres reads it.
 * @param seconds since 1970, as Stripe counts
 * @throws when it is not a number: the object cannot be read
 */
export function timestamp(seconds: number): string {
  if (!Number.isFinite(seconds)) throw new TypeError(`a moment is not a number of seconds: ${typeof seconds}`);
  if (!Number.isInteger(seconds)) return new Date(seconds * 1000).toISOString();
  const day = Math.floor(seconds / DAY);
  const second = seconds - day * DAY;
  const minute = Math.floor(second / 60);
  return `${dateOf(day)}${MINUTES[minute]}${SECONDS[second - minute * 60]}`;
}

// A row has up to eight moments, and `toISOString` takes ten times as long as putting one together: it was a fifth of a batch.
const DAY = 86_400;
const twoDigits = (number: number) => String(number).padStart(2, "0");
const MINUTES = Array.from({ length: DAY / 60 }, (_, minute) =>
  [Math.floor(minute / 60), minute % 60].map(twoDigits).join(":"),
);
const SECONDS = Array.from({ length: 60 }, (_, second) => `:${twoDigits(second)}.000Z`);

/** The dates of eleven years: those that Stripe's moments lie in. One further off takes the place of another. */
const PLACES = 4096;
const dates = Array.from<{ day: number; text: string } | undefined>({ length: PLACES });

/** As in `2026-11-27T`. */
function dateOf(day: number): string {
  const place = Math.abs(day) % PLACES;
  const known = dates[place];
  if (known?.day === day) return known.text;
  const text = new Date(day * DAY * 1000).toISOString().replace(/T.*/, "T");
  dates[place] = { day, text };
  return text;
}

/** The same, where the moment may be absent. */
export function optionalTimestamp(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : timestamp(seconds);
}

/**
 * What a product or a customer of ours has written on an object: text by name.
 * @throws when it is no such thing
 */
export function metadataOf(metadata: Stripe.Metadata | null | undefined): Stripe.Metadata {
  if (typeof (metadata ?? {}) !== "object" || Array.isArray(metadata)) throw new TypeError("it is no object");
  return metadata ?? {};
}

/** @returns nothing where the object says nothing */
export function ownerOf(
  customerId: string | null,
  {
    metadata,
    reference,
    email,
  }: { metadata: Stripe.Metadata | null; reference?: string | null; email?: string | null | undefined },
): Owner | undefined {
  const said = {
    ...(Object.keys(metadataOf(metadata)).length > 0 && { metadata: metadataOf(metadata) }),
    ...(reference && { reference }),
    ...(email && { email }),
  };
  return Object.keys(said).length > 0 ? { customer_id: customerId, ...said } : undefined;
}
