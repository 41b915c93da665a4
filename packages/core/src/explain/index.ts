import type { Clients } from "../clients.ts";
import { emailClause, metadataClause, searchCustomers } from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import { OtherAccountError } from "../mirror/index.ts";
import { getAccountId } from "../stripe/index.ts";
import { dataOf, type Json, type ServiceClient } from "../supabase/index.ts";
import { type ComparedObject, compare } from "./compare.ts";
import { gatherCustomer, gatherPayment, gatherSubscription } from "./gather.ts";
import { Showing } from "./showing.ts";

export type { ComparedObject, Row, Verdict } from "./compare.ts";

/** What is said of whose a customer is, or a purchase that has none. */
export interface Claim {
  subject: string;
  /** By what: `metadata`, `reference`, `email`, `purchase`, `operator`; or `nobody`. */
  by: string;
  userId: string | null;
  organizationId: string | null;
  /** It is the one that was decided for. */
  stands: boolean;
  /** What metadata say under this key, and no user bears: so it decides nothing. `deleted`: a user who was deleted here did. */
  unborne: { key: string; value: string; deleted: boolean } | null;
}

export interface ExplainedEvent {
  id: string;
  type: string;
  objectId: string | null;
  createdAt: string;
  recordedAt: string;
  outcome: string;
  reason: string | null;
}

export interface ExplainedNotice {
  kind: string;
  objectId: string;
  createdAt: string;
  handledAt: string | null;
  attempts: number;
  lastError: string | null;
}

export interface ExplainedPayer {
  userId: string | null;
  email: string | null;
  organizationId: string | null;
  /** The user was deleted. */
  isGone: boolean;
  hasAccess: boolean;
}

/** All that is known of something, on both sides. */
export interface Explanation {
  reference: string;
  kind: Kind;
  /** Where a user or an organisation was asked for. */
  payer: ExplainedPayer | null;
  objects: ComparedObject[];
  claims: Claim[];
  events: ExplainedEvent[];
  notices: ExplainedNotice[];
  /** Kinds of which only the newest hundred were looked at. */
  cut: string[];
  /** Kinds that the key may not read, of which nothing is said. */
  forbidden: string[];
  /** Stripe searched for customers of the payer that the mirror does not know. It may refuse to. */
  isSearched: boolean;
  /** Why what Stripe shows fits no row, by the object's id. */
  unreadable: Record<string, string>;
  /** Customers and purchases that are nobody's, or held by less than what Stripe says now of whose they are. */
  misattributed: string[];
  /** Stripe and the mirror show the same, and whose all of it is. */
  agrees: boolean;
}

export type Kind = "user" | "organization" | "customer" | "subscription" | "payment";

const MOST_ENTRIES = 100;

/**
 * Says what Stripe and the mirror hold of a user, an organisation, a customer, a subscription or a payment, what became of each event
 * about it, and who claims it. Changes nothing.
 * @param reference an id of Stripe's, a user's id or e-mail, an organisation's id, or the e-mail of customers who are no user
 * @returns nothing when nobody knows it
 * @throws OtherAccountError when Stripe's key is not of the account that is mirrored
 */
export async function explain(clients: Clients, reference: string): Promise<Explanation | undefined> {
  const { stripe, supabase } = clients;
  await assertMirroredAccount(clients);
  const showing = new Showing(stripe);
  const kind = kindOf(reference);
  const payer = kind ? undefined : await findPayer(supabase, reference);
  const named = kind ? [reference] : payer ? [] : await findByAddress(stripe, reference);
  if (named.length === 0 && !payer) return undefined;

  const searched = payer && (await searchStripe(clients, payer.payer));
  if (payer) {
    // What the mirror does not know yet has no payer there: Stripe may know it by the metadata, or the address.
    payer.customerIds = [...new Set([...payer.customerIds, ...(searched ?? [])])];
    await Promise.all(payer.customerIds.map((id) => gatherCustomer(showing, id)));
    await Promise.all(payer.sessionIds.map((id) => showing.one("checkout_session", id)));
  } else if (kind === "subscription") await gatherSubscription(showing, reference);
  else if (kind === "payment") await gatherPayment(showing, reference);
  else await Promise.all(named.map((id) => gatherCustomer(showing, id)));

  const asked = payer ? [...payer.customerIds, ...payer.sessionIds] : named;
  const owners = [...asked, ...showing.idsOf("invoice", "payment_intent", "charge")];
  const objects = await compare(supabase, showing, owners);
  if (objects.length === 0 && !payer) return undefined;
  const ids = [...new Set([...objects.map(({ id }) => id), ...asked])];
  const [claims, events, notices] = await Promise.all([
    explainClaims(supabase, showing),
    findEvents(supabase, ids),
    findNotices(supabase, ids),
  ]);
  const misattributed = findMisattributed(claims);
  return {
    reference,
    kind: kind ?? (!payer ? "customer" : payer.payer.organizationId ? "organization" : "user"),
    payer: payer?.payer ?? null,
    objects,
    claims,
    events,
    notices,
    cut: [...showing.cut.keys()],
    forbidden: [...showing.forbidden],
    isSearched: !payer || searched !== undefined,
    unreadable: Object.fromEntries(showing.unreadable),
    misattributed,
    agrees:
      misattributed.length === 0 &&
      showing.unreadable.size === 0 &&
      objects.every(({ verdict }) => verdict === "equal" || verdict === "awaited"),
  };
}

/** The first owner stays: another claim is no fault, unless none or a weaker one stands. */
function findMisattributed(claims: Claim[]): string[] {
  const standing = new Map(claims.filter(({ stands }) => stands).map(({ subject, by }) => [subject, by]));
  const stronger = claims.filter(({ subject, by, stands, unborne }) => {
    const decided = standing.get(subject);
    if (stands || unborne || by === "reference") return false;
    return decided === "nobody" || (decided === "email" && by === "metadata");
  });
  return [...new Set(stronger.map(({ subject }) => subject))];
}

/** What an id of Stripe's is of, by how it begins. */
function kindOf(reference: string): Kind | undefined {
  const [, prefix = ""] = /^([a-z]+)_/.exec(reference) ?? [];
  if (prefix === "cus") return "customer";
  if (prefix === "sub") return "subscription";
  return ["in", "pi", "ch", "py", "cs", "re", "pyr", "dp", "du"].includes(prefix) ? "payment" : undefined;
}

/** Reads only: a key that nobody has introduced stays unknown. */
async function assertMirroredAccount({ stripe, supabase }: Clients): Promise<void> {
  const [[mirrored], account] = await Promise.all([
    supabase.rpc("get_stripe_account").then(dataOf),
    getAccountId(stripe, { timeout: 10_000, maxNetworkRetries: 1 }),
  ]);
  if (!mirrored || (mirrored.id === account && mirrored.livemode === stripe.livemode)) return;
  throw new OtherAccountError("STRIPE_SECRET_KEY is of another account or mode than the one that is mirrored");
}

/** A payer whom a reference names: a user by id or e-mail, or an organisation. */
export async function findPayer(supabase: ServiceClient, reference: string) {
  const [row] = dataOf(await supabase.rpc("find_payer", { reference }));
  if (!row) return undefined;
  const { user_id, email, organization_id, is_gone, has_access, customer_ids, session_ids } = row;
  const payer: ExplainedPayer = {
    userId: user_id,
    email,
    organizationId: organization_id,
    isGone: is_gone,
    hasAccess: has_access,
  };
  return { payer, customerIds: customer_ids, sessionIds: session_ids };
}

/** @returns nothing when Stripe does not search: in some countries, and for some keys */
async function searchStripe({ stripe, supabase }: Clients, payer: ExplainedPayer): Promise<string[] | undefined> {
  const { userId, organizationId, email, isGone } = payer;
  const asked = organizationId === null ? { user_id: userId ?? "" } : { organization_id: organizationId };
  const { metadata_keys } = dataOf(await supabase.rpc("find_unread_customers", asked).single());
  const clauses = metadata_keys.map((key) => metadataClause(key, organizationId ?? userId ?? ""));
  if (email && !isGone) clauses.push(emailClause(email));
  return search(stripe, clauses);
}

/** Customers with this address, whosever they are. Stripe searches a minute behind, and lists by the very letters alone. */
async function findByAddress(stripe: Clients["stripe"], reference: string): Promise<string[]> {
  if (!reference.includes("@")) return [];
  const [listed, searched = []] = await Promise.all([
    stripe.customers.list({ email: reference, limit: 100 }),
    search(stripe, [emailClause(reference)]),
  ]);
  return [...new Set([...listed.data.map(({ id }) => id), ...searched])];
}

async function search(stripe: Clients["stripe"], clauses: string[]): Promise<string[] | undefined> {
  return searchCustomers(stripe, clauses).catch((error: unknown) => {
    if (error instanceof BillingError) return undefined;
    throw error;
  });
}

async function explainClaims(supabase: ServiceClient, { projections, asOf }: Showing): Promise<Claim[]> {
  const shown = projections
    .filter(({ object, owner }) => owner || object === "customer" || object === "checkout_session")
    .map(({ object, object_id, owner }) => ({ object, object_id, owner, as_of: asOf }));
  const rows = dataOf(await supabase.rpc("explain_claims", { shown: shown as unknown as Json }));
  return rows.map(({ subject, owned_by, user_id, organization_id, stands, says_key, says_value, says_deleted }) => ({
    subject,
    by: owned_by,
    userId: user_id,
    organizationId: organization_id,
    stands,
    unborne: says_key === null ? null : { key: says_key, value: says_value, deleted: says_deleted },
  }));
}

async function findEvents(supabase: ServiceClient, object_ids: string[]): Promise<ExplainedEvent[]> {
  const rows = dataOf(await supabase.rpc("find_ledger_entries", { object_ids, most: MOST_ENTRIES }));
  return rows.map(({ id, type, object_id, created_at, recorded_at, outcome, reason }) => ({
    id,
    type,
    objectId: object_id,
    createdAt: created_at,
    recordedAt: recorded_at,
    outcome,
    reason,
  }));
}

async function findNotices(supabase: ServiceClient, object_ids: string[]): Promise<ExplainedNotice[]> {
  const rows = dataOf(await supabase.rpc("find_notices", { object_ids, most: MOST_ENTRIES }));
  return rows.map(({ kind, object_id, created_at, sent_at, attempts, last_error }) => ({
    kind,
    objectId: object_id,
    createdAt: created_at,
    handledAt: sent_at,
    attempts,
    lastError: last_error,
  }));
}
