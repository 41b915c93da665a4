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
  return new Date(seconds * 1000).toISOString();
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
