import type { Billing } from "../clients.ts";
import { assertAllowedRedirect } from "../config/index.ts";
import { findCustomerId } from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";

/**
 * Opens Stripe's customer portal for a user.
 * @returns the page's address: a secret, for this user alone
 * @throws BillingError `redirect_not_allowed`, `no_billing_account`
 */
export async function openPortal(billing: Billing, user: User, returnUrl: string): Promise<string> {
  assertAllowedRedirect(billing.site, returnUrl);
  const customer = await findCustomerId(billing.supabase, user.id);
  if (!customer) {
    throw new BillingError("no_billing_account", "You don't have a billing account yet. Make a purchase first.");
  }
  const session = await billing.stripe.billingPortal.sessions.create({ customer, return_url: returnUrl });
  return session.url;
}
