import { dataOf, type ServiceClient } from "../supabase/index.ts";
import type { Payer } from "./index.ts";

/** What is paid for and belongs to nobody: a subscription that runs, or a one-time purchase. */
export interface UnownedPurchase {
  id: string;
  kind: "subscription" | "checkout_session";
  customerId: string | null;
  email: string | null;
  createdAt: string;
}

/** What is paid for and belongs to nobody, the oldest first. */
export async function listUnowned(supabase: ServiceClient, most: number): Promise<UnownedPurchase[]> {
  const rows = dataOf(await supabase.rpc("list_unowned_purchases", { most }));
  return rows.map(({ id, kind, customer_id, email, created_at }) => ({
    id,
    kind: kind as UnownedPurchase["kind"],
    customerId: customer_id,
    email,
    createdAt: created_at,
  }));
}

/** Who has a purchase, a subscription or a customer now; `undefined` when the mirror does not know it. */
export async function findOwner(supabase: ServiceClient, id: string): Promise<Payer | "nobody" | undefined> {
  const [row] = dataOf(await supabase.rpc("find_owner", { object_id: id }));
  if (!row) return undefined;
  const { user_id, organization_id } = row as { user_id: string | null; organization_id: string | null };
  if (user_id) return { userId: user_id };
  return organization_id ? { organizationId: organization_id } : "nobody";
}

/**
 * Gives a customer (also by one of its subscriptions or purchases), or a purchase that has none, to a payer. Whoever had it before has it
 * no more.
 * @returns whether there is such a thing
 */
export async function assignPurchase(supabase: ServiceClient, id: string, payer: Payer): Promise<boolean> {
  const to = "userId" in payer ? { user_id: payer.userId } : { organization_id: payer.organizationId };
  return dataOf(await supabase.rpc("assign_purchase", { object_id: id, ...to }));
}
