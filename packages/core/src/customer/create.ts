import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { assertSameAccount, note } from "../mirror/index.ts";
import { isOwnCustomer, type Payer } from "../payer/index.ts";
import { isReplayedFailure, isUnfitEmail } from "../stripe/index.ts";
import { type Buyer, getBuyer } from "./buyer.ts";
import { atSameAccount } from "./same-account.ts";

/**
 * Makes a Stripe customer for a payer. For use under the payer's lease: two calls at once would otherwise make two.
 *
 * The idempotency key is made of the payer, so that one that a request made before it died is found again. What Stripe stored for
 * that key holds nobody up: after a stored failure, or for a customer who was deleted or given to somebody else since, another is made.
 * @throws BillingError `unauthenticated` when the user was deleted, `other_account`
 */
export async function createCustomer(clients: Clients, payer: Payer, buyer: Buyer): Promise<string> {
  // Whoever was deleted while their customers were looked for seems to have none: what those pay for would be sold again.
  // And a customer who is made at another account than the one that is mirrored is nobody's.
  await atSameAccount(clients, () => Promise.all([getBuyer(clients.supabase, buyer), assertSameAccount(clients)]));
  const metadata: Stripe.MetadataParam =
    "userId" in payer ? { user_id: payer.userId } : { organization_id: payer.organizationId };
  const named = { metadata, ...(buyer.email && { email: buyer.email }) };
  return create(clients, payer, named).catch((error) => {
    // Stripe takes fewer addresses than Supabase does: its page asks for another.
    if (!isUnfitEmail(error)) throw error;
    return create(clients, payer, { metadata });
  });
}

async function create(clients: Clients, payer: Payer, params: Stripe.CustomerCreateParams): Promise<string> {
  const { customers } = clients.stripe;
  const idempotencyKey = `customer-${createHash("sha256").update(JSON.stringify(params)).digest("hex")}`;
  try {
    const customer: Stripe.Customer | Stripe.DeletedCustomer = await note(clients, "customer", () =>
      customers.create(params, { idempotencyKey }),
    );
    if (!customer.deleted && (await isOwnCustomer(clients.supabase, payer, customer.id))) return customer.id;
  } catch (error) {
    if (!isReplayedFailure(error)) throw error;
  }
  return (await note(clients, "customer", () => customers.create(params))).id;
}
