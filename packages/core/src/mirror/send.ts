import type { Clients } from "../clients.ts";
import { OwnError } from "../errors/index.ts";
import { getAccountId } from "../stripe/index.ts";
import { type DatabaseError, dataOf, type Json } from "../supabase/index.ts";
import type { Change } from "./change.ts";

/** What became of an event. */
export type Outcome = "applied" | "stale" | "duplicate" | "ignored" | "failed" | "refused" | "ambiguous" | "retry";

export interface Sent {
  outcomes: Map<string, Outcome>;
  /** Why an event is not applied, by its id: for the log. It quotes nothing of what the event holds. */
  reasons: Map<string, string>;
  /** Why rows were refused that no event asked for: the ledger has no place for them. */
  errors: Error[];
  /** Something waits in the outbox, written by this or before. */
  noticed: boolean;
}

/** What is no row's fault, as `apply_stripe_changes` has it: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OF_SERVER = /^(08|25|40|53|55|57|58|XX)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** Raised by `billing.assert_known_key`. */
const UNKNOWN_KEY = "TP001";

/** Stripe's key is of another account, or another mode, than the one that the mirror shows. */
export class OtherAccountError extends OwnError {
  override readonly name = "OtherAccountError";
  readonly code = "other_stripe_account";
}

/**
 * Sends changes in one call, thus in one transaction. When Postgres refuses one of them, all are sent once more, to be applied one
 * at a time: what is refused then fails alone, with the reason in the ledger.
 * @throws OtherAccountError; DatabaseError when the database cannot be reached
 */
export async function send(clients: Clients, changes: Change[]): Promise<Sent> {
  if (changes.length === 0) return { outcomes: new Map(), reasons: new Map(), errors: [], noticed: false };
  return byKnownKey(clients, () => call(clients, changes, false)).catch((error: DatabaseError) => {
    if (SQLSTATE.test(error.code) && !OF_SERVER.test(error.code)) return call(clients, changes, true);
    throw error;
  });
}

async function call({ stripe, supabase }: Clients, changes: Change[], oneAtATime: boolean): Promise<Sent> {
  const answers = dataOf(
    await supabase.rpc("apply_stripe_changes", {
      changes: changes.map(tersely) as unknown as Json,
      key_hash: stripe.keyHash,
      one_at_a_time: oneAtATime,
    }),
  );
  const ofEvents = answers.filter(({ event_id }) => event_id !== null);
  const others = answers.filter(({ event_id }) => event_id === null);
  return {
    outcomes: new Map(ofEvents.map(({ event_id, outcome }) => [event_id, outcome as Outcome])),
    reasons: new Map(ofEvents.flatMap(({ event_id, reason }) => (reason === null ? [] : [[event_id, reason]]))),
    errors: others.flatMap(({ outcome, reason }) => (outcome === "failed" ? [new Error(reason)] : [])),
    noticed: others.some(({ outcome }) => outcome === "noticed"),
  };
}

/** A change without what Postgres takes for granted, which it would take long to parse: see `apply_stripe_changes`. */
function tersely(change: Change) {
  if (!("row" in change)) return change;
  const { row, rank, as_of, deleted, fetched, created_at } = change;
  return {
    ...change,
    row: withoutNulls(row),
    rank: rank || undefined,
    deleted: deleted || undefined,
    fetched: fetched || undefined,
    created_at: created_at === as_of ? undefined : created_at,
  };
}

function withoutNulls(row: object): object {
  const told: Record<string, unknown> = { ...row };
  // It runs over each row that is written. To put the others into a new object, one by one, would cost more.
  for (const key in told) if (told[key] === null) told[key] = undefined;
  return told;
}

/**
 * Does what Postgres lets only a key do that it knows. Stripe is asked whose one is that it does not know yet.
 * @throws OtherAccountError
 */
export async function byKnownKey<Done>(clients: Clients, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: string }).code !== UNKNOWN_KEY) throw error;
    await assertSameAccount(clients);
    return work();
  }
}

/**
 * Checks that Stripe's key is of the account and mode that the mirror shows. The first key decides which those are: Postgres then
 * takes its changes without asking again.
 * @throws OtherAccountError
 */
export async function assertSameAccount({ stripe, supabase }: Clients): Promise<void> {
  // Whoever waits for this has seconds: a batch, or a run that comes again.
  const account_id = await getAccountId(stripe, { timeout: 5_000, maxNetworkRetries: 1 });
  const { keyHash: key_hash, livemode } = stripe;
  if (dataOf(await supabase.rpc("introduce_stripe_key", { key_hash, account_id, livemode }))) return;
  throw new OtherAccountError("STRIPE_SECRET_KEY is of another account or mode than the one that is mirrored");
}

/**
 * The id of the account that the mirror shows.
 * @throws OtherAccountError
 */
export async function getMirroredAccount(clients: Clients): Promise<string> {
  const find = async () => dataOf(await clients.supabase.rpc("get_stripe_account"))[0]?.id;
  const known = await find();
  if (known) return known;
  await assertSameAccount(clients);
  return (await find()) ?? "";
}
