import type Stripe from "stripe";
import type { Database } from "../supabase/index.ts";

type Tables = Database["public"]["Tables"] & Database["billing"]["Tables"];
type GuardColumn = "as_of" | "rank" | "deleted" | "fetched";
type DecidedByPostgres = {
  customers: "user_id" | "attached_by_email";
  user_subscriptions: "ends_at";
  checkout_sessions: "outcome";
};

/** What Stripe decides of each mirrored object, by the name of its applier in Postgres (`billing.apply_<object>`). */
export interface Rows {
  product: Row<"products">;
  price: Row<"prices">;
  customer: Row<"customers">;
  subscription: Row<"user_subscriptions">;
  checkout_session: Row<"checkout_sessions">;
  invoice: Row<"invoices">;
  invoice_payment: Row<"invoice_payments">;
  payment_intent: Row<"payment_intents">;
  charge: Row<"charges">;
  refund: Row<"refunds">;
  dispute: Row<"disputes">;
  entitlements: Row<"entitlements">;
  payment_method: Row<"payment_methods">;
}
type Row<Table extends keyof Tables> = Omit<
  Tables[Table]["Row"],
  "id" | GuardColumn | (Table extends keyof DecidedByPostgres ? DecidedByPostgres[Table] : never)
>;

export type MirroredObject = keyof Rows;

/** How one Stripe object looks as a row. */
export type Projection = {
  [Object in MirroredObject]: {
    object: Object;
    object_id: string;
    row: Rows[Object];
    /**
     * Which of two states of one second came last, as far as the object's own life tells: the higher rank. Equal ranks that
     * show different rows are fetched from Stripe.
     */
    rank: number;
    deleted: boolean;
    owner?: Owner | undefined;
  };
}[MirroredObject];

/** The user that a customer belongs to, as far as the object says; of a guest, the e-mail. */
export type Owner = { customer_id: string } & ({ user_id: string } | { email: string });

/** What must reach a person: see `billing.outbox`. */
export type NoticeKind =
  | "payment_failed"
  | "payment_action_required"
  | "invoice_finalization_failed"
  | "trial_will_end"
  | "dispute_opened"
  | "dispute_closed"
  | "early_fraud_warning";

/** What an event leads to: a row, something to tell, or both. */
export type Effect = (Projection | { object_id: string }) & {
  notify?: NoticeKind;
  /** The event shows only a part of what is to be known: the rest is fetched from Stripe before anything is written. */
  partial?: boolean;
};

/** What became of an event. Only `retry` is not in the ledger; `ignored` has no place there. */
export type Outcome = "applied" | "stale" | "duplicate" | "ignored" | "failed" | "retry";

/** What identifies an event in the ledger. */
export function ledgerEntry(event: Stripe.Event) {
  return {
    event_id: event.id,
    type: event.type,
    created_at: timestamp(event.created),
    api_version: event.api_version,
  };
}

/**
 * A moment as Postgres reads it.
 * @param seconds since 1970, as Stripe counts
 * @throws when it is not a number: the event cannot be read
 */
export function timestamp(seconds: number): string {
  if (!Number.isFinite(seconds)) throw new TypeError(`A moment is not a number of seconds: ${typeof seconds}`);
  return new Date(seconds * 1000).toISOString();
}

/** The same, where the moment may be absent. */
export function optionalTimestamp(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : timestamp(seconds);
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** The owner that the metadata names, where it names a user and the customer is known. */
export function ownerOf(customerId: string | null, metadata: Stripe.Metadata | null | undefined): Owner | undefined {
  const userId = metadata?.user_id;
  return customerId && userId && UUID.test(userId) ? { customer_id: customerId, user_id: userId } : undefined;
}
