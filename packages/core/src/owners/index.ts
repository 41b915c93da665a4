import type { ServiceClient } from "../supabase/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { Source } from "./sources.ts";

export { inCsv } from "./csv.ts";
export { byEmail, inTable, type Source, SourceError, type TableSource } from "./sources.ts";

/**
 * `matched` gets its owner, `owned` has that owner already, `conflicting` has another or is said to have two, `unmatched` names a
 * customer or an owner who is not there.
 */
export type Outcome = "matched" | "owned" | "unmatched" | "conflicting";

/** What becomes of what is said of a customer. */
export interface Verdict {
  customerId: string;
  /** Whose it is said to be: a user, by their id, or an organisation. */
  owner: string | null;
  outcome: Outcome;
  reason: string | null;
  /** Whose it is. */
  ownedBy: string | null;
}

/** What would become of all that a source says, in batches. Nothing is written. */
export function planOwners(supabase: ServiceClient, source: Source): AsyncGenerator<Verdict[]> {
  return judge(supabase, source, "plan_owners");
}

/**
 * Gives customers to whom a source says they are. Each batch is one transaction; run again, it changes nothing more. A customer that
 * is in no row yet, or whose user is not there yet, is promised, and given once both are: a sale asks Stripe about it before.
 */
export function applyOwners(supabase: ServiceClient, source: Source): AsyncGenerator<Verdict[]> {
  return judge(supabase, source, "apply_owners");
}

async function* judge(
  supabase: ServiceClient,
  { batches, ownedBy }: Source,
  procedure: "plan_owners" | "apply_owners",
): AsyncGenerator<Verdict[]> {
  for await (const batch of batches(supabase)) {
    const claims = batch.map((said) => ({ ...said }));
    const verdicts = dataOf(await supabase.rpc(procedure, { claims, owned_by: ownedBy }));
    yield verdicts.map((verdict) => ({
      customerId: verdict.customer_id,
      owner: verdict.user_id ?? verdict.organization_id,
      outcome: verdict.outcome as Outcome,
      reason: verdict.reason,
      ownedBy: verdict.owner,
    }));
  }
}
