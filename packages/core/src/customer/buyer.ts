import { BillingError } from "../errors/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

/** A signed-in user as the database knows them now. */
export interface Buyer {
  id: string;
  email: string | undefined;
  /** An address that nobody confirmed may be anybody's. */
  emailConfirmed: boolean;
}

/**
 * Who is buying: a token shows the address of up to an hour ago, and outlives its user.
 * @throws BillingError `unauthenticated` when the user was deleted
 */
export async function getBuyer(supabase: ServiceClient, user: { id: string }): Promise<Buyer> {
  const found = dataOf(await supabase.rpc("find_buyer", { user_id: user.id }).maybeSingle());
  if (!found)
    throw new BillingError("unauthenticated", "This account does not exist any more. Sign in with another one.");
  return { id: user.id, email: found.email || undefined, emailConfirmed: found.email_confirmed };
}
