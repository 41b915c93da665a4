import { dataOf, type ServiceClient } from "../supabase/index.ts";
import { unauthenticated } from "./refusals.ts";
import type { User } from "./token.ts";

/**
 * A deleted user's token is good until it expires, an hour at the most. It sells nothing any more.
 * @throws BillingError `unauthenticated`
 */
export async function assertUserExists(supabase: ServiceClient, user: User): Promise<void> {
  const exists = dataOf(await supabase.rpc("user_exists", { user_id: user.id }));
  if (!exists) throw unauthenticated("This account does not exist any more. Sign in with another one.");
}
