import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { OwnError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { note } from "../mirror/index.ts";
import { findCustomers } from "../payer/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

/** The Stripe customer of a user, if there is one. */
export async function findCustomerId(supabase: ServiceClient, userId: string): Promise<string | undefined> {
  return (await findCustomers(supabase, { userId })).find(({ isOwned }) => isOwned)?.id;
}

/**
 * The Stripe customer of a user; made and recorded as theirs, where there is none. However many requests ask at once, they
 * get the same one: Stripe answers one idempotency key with one customer, and the database lets a user have only one.
 */
export async function getOrCreateCustomerId(clients: Clients, user: User): Promise<string> {
  const { stripe, supabase } = clients;
  const existing = await findCustomerId(supabase, user.id);
  if (existing) return existing;

  const deleted = dataOf(
    await supabase.from("customers").select("id").eq("user_id", user.id).eq("deleted", true).order("id"),
  );
  const params: Stripe.CustomerCreateParams = {
    ...(user.email && { email: user.email }),
    metadata: { user_id: user.id },
  };
  // A key answers with its first customer for a day: a customer who was deleted since, or a changed address, needs another.
  const idempotencyKey = `customer-${sha256(JSON.stringify([params, deleted.map(({ id }) => id)]))}`;
  await note(clients, "customer", () => stripe.customers.create(params, { idempotencyKey }));

  const customerId = await findCustomerId(supabase, user.id);
  if (!customerId) throw new OwnError("The customer was created at Stripe, but could not be recorded as the user’s");
  return customerId;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
