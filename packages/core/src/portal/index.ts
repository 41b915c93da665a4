import type Stripe from "stripe";
import type { Billing } from "../clients.ts";
import { assertAllowedRedirect } from "../config/index.ts";
import { getBuyer, listSubscriptions } from "../customer/index.ts";
import type { User } from "../identity/index.ts";
import { assertInUse, payerOf } from "../payer/index.ts";
import { isOver, requiredIdOf } from "../stripe/index.ts";
import { assertAllowed, flowDataOf } from "./flows.ts";
import { customersOf, getRecurringPrice, getSubscription, named } from "./held.ts";
import { findForQuantities } from "./quantities.ts";
import { refusalOf } from "./refusals.ts";
import type { CreatePortal } from "./schema.ts";

export { endingByOthers, endsLater, notChangeable, notOffered, otherCurrency, over, unchanged } from "./flows.ts";
export { customersOf, getRecurringPrice, getSubscription } from "./held.ts";
export { FOR_QUANTITIES, findForQuantities } from "./quantities.ts";

/**
 * Opens Stripe's customer portal for a payer: that of the customer who holds the subscription, since a portal shows one customer's.
 * With a flow it opens at that one task. What a flow depends on is asked of Stripe: the mirror may be behind.
 * @returns the page's address: a secret, for this user alone
 * @throws BillingError `redirect_not_allowed`, `unauthenticated`, `not_billing_manager`, `no_billing_account`, `not_found`,
 * `account_being_read`, `other_account`, `portal_not_set_up`; of a flow also `invalid_request`, `price_not_for_sale`, `currency_mismatch` and what
 * tells why this subscription, or this plan, is none for it
 */
export async function openPortal(billing: Billing, user: User, wish: CreatePortal): Promise<string> {
  assertAllowedRedirect(billing.site, wish.returnUrl);
  const buyer = await getBuyer(billing.supabase, user);
  const payer = await payerOf(billing.supabase, user.id, wish.organizationId);
  const customers = await customersOf(billing, payer, buyer);
  const { flow, returnUrl } = wish;
  if (!flow || flow.type === "payment_method_update") {
    const customer = await chooseCustomer(billing, customers, wish.subscriptionId);
    return openPortalOf(billing, customer, returnUrl, flow && flowDataOf(flow, returnUrl));
  }
  const confirms = flow.type === "subscription_update_confirm" ? flow : undefined;
  const price = confirms && (await getRecurringPrice(billing, confirms.priceId));
  if (price && confirms.quantity !== undefined) await assertInUse(billing.supabase, payer, price, confirms.quantity);
  const subscription = await getSubscription(billing, customers, wish.subscriptionId, price);
  await assertAllowed(billing, subscription, flow, price);
  const counts = confirms?.quantity !== undefined && confirms.quantity !== subscription.items.data[0]?.quantity;
  const configuration = counts ? (await findForQuantities(billing.stripe, { active: true }))?.id : undefined;
  const data = flowDataOf(flow, returnUrl, subscription);
  return openPortalOf(billing, requiredIdOf(subscription.customer), returnUrl, data, configuration);
}

/**
 * Opens the portal of one customer.
 * @param configuration absent: the account's own
 * @throws BillingError `portal_not_set_up`, and why Stripe does not open it at this flow
 */
export async function openPortalOf(
  { stripe }: Billing,
  customer: string,
  returnUrl: string,
  flow?: Stripe.BillingPortal.SessionCreateParams.FlowData,
  configuration?: string,
): Promise<string> {
  const params = {
    customer,
    return_url: returnUrl,
    ...(configuration && { configuration }),
    ...(flow && { flow_data: flow }),
  };
  const session = await stripe.billingPortal.sessions.create(params).catch((error) => {
    throw refusalOf(error, flow !== undefined) ?? error;
  });
  return session.url;
}

async function chooseCustomer(
  billing: Billing,
  customers: [string, ...string[]],
  subscriptionId: string | undefined,
): Promise<string> {
  const [first, ...others] = customers;
  if (others.length === 0 && subscriptionId === undefined) return first;
  const subscriptions = await listSubscriptions(billing, customers);
  if (subscriptionId !== undefined) return requiredIdOf(named(subscriptions, subscriptionId).customer);
  const running = subscriptions.find((each) => !isOver(each));
  return running ? requiredIdOf(running.customer) : first;
}
