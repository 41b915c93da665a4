import type { Billing } from "../clients.ts";
import { assertAllowedRedirect } from "../config/index.ts";
import { type Buyer, findPayersCustomers, getBuyer, listSubscriptions, sendEmail } from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { type Payer, payerOf } from "../payer/index.ts";
import { isOver, isRefusal, requiredIdOf } from "../stripe/index.ts";
import type { CreatePortal } from "./schema.ts";

/**
 * Opens Stripe's customer portal for a payer: that of the customer who holds the subscription, since a portal shows one customer's.
 * @returns the page's address: a secret, for this user alone
 * @throws BillingError `redirect_not_allowed`, `unauthenticated`, `not_billing_manager`, `no_billing_account`, `not_found`,
 * `account_being_read`, `portal_not_set_up`
 */
export async function openPortal(billing: Billing, user: User, wish: CreatePortal): Promise<string> {
  assertAllowedRedirect(billing.site, wish.returnUrl);
  const buyer = await getBuyer(billing.supabase, user);
  const payer = await payerOf(billing.supabase, user.id, wish.organizationId);
  return openPortalOf(billing, await chooseCustomer(billing, payer, buyer, wish), wish.returnUrl);
}

/**
 * Opens the portal of one customer.
 * @throws BillingError `portal_not_set_up`
 */
export async function openPortalOf({ stripe }: Billing, customer: string, returnUrl: string): Promise<string> {
  const session = await stripe.billingPortal.sessions.create({ customer, return_url: returnUrl }).catch((error) => {
    if (!isRefusal(error) || !/\bdefault configuration\b/i.test(error.message)) throw error;
    throw new BillingError(
      "portal_not_set_up",
      "Nothing can be managed at the moment. Please try again later.",
      "The customer portal is not set up: save its settings at https://dashboard.stripe.com/settings/billing/portal",
    );
  });
  return session.url;
}

async function chooseCustomer(
  billing: Billing,
  payer: Payer,
  buyer: Buyer,
  { subscriptionId }: CreatePortal,
): Promise<string> {
  const { own: customers } = await findPayersCustomers(billing, payer, buyer);
  await sendEmail(billing, payer, buyer, customers);
  const [first, ...others] = customers;
  if (!first) {
    throw new BillingError("no_billing_account", "You don't have a billing account yet. Make a purchase first.");
  }
  if (others.length === 0 && !subscriptionId) return first;

  const subscriptions = await listSubscriptions(billing, customers);
  const wanted = subscriptions.find((each) => (subscriptionId ? each.id === subscriptionId : !isOver(each)));
  if (subscriptionId && !wanted) throw new BillingError("not_found", "There is no such subscription");
  return wanted ? requiredIdOf(wanted.customer) : first;
}
