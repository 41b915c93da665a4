import type Stripe from "stripe";
import { getSellablePrice, pickOfGroup, type SellablePrice } from "../catalog/index.ts";
import type { Billing } from "../clients.ts";
import { assertAllowedRedirect } from "../config/index.ts";
import {
  type Buyer,
  findPayersCustomers,
  getBuyer,
  listSubscriptions,
  productsOf,
  sendEmail,
} from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { type Payer, payerOf } from "../payer/index.ts";
import { isOver, requiredIdOf } from "../stripe/index.ts";
import { assertAllowed, flowDataOf } from "./flows.ts";
import { refusalOf } from "./refusals.ts";
import type { CreatePortal } from "./schema.ts";

/**
 * Opens Stripe's customer portal for a payer: that of the customer who holds the subscription, since a portal shows one customer's.
 * With a flow it opens at that one task. What a flow depends on is asked of Stripe: the mirror may be behind.
 * @returns the page's address: a secret, for this user alone
 * @throws BillingError `redirect_not_allowed`, `unauthenticated`, `not_billing_manager`, `no_billing_account`, `not_found`,
 * `account_being_read`, `portal_not_set_up`; of a flow also `invalid_request`, `price_not_for_sale`, `currency_mismatch` and what
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
  const price =
    flow.type === "subscription_update_confirm" ? await getRecurringPrice(billing, flow.priceId) : undefined;
  const subscription = await getSubscription(billing, customers, wish.subscriptionId, price);
  await assertAllowed(billing, subscription, flow, price);
  return openPortalOf(
    billing,
    requiredIdOf(subscription.customer),
    returnUrl,
    flowDataOf(flow, returnUrl, subscription),
  );
}

/**
 * Opens the portal of one customer.
 * @throws BillingError `portal_not_set_up`, and why Stripe does not open it at this flow
 */
export async function openPortalOf(
  { stripe }: Billing,
  customer: string,
  returnUrl: string,
  flow?: Stripe.BillingPortal.SessionCreateParams.FlowData,
): Promise<string> {
  const params = { customer, return_url: returnUrl, ...(flow && { flow_data: flow }) };
  const session = await stripe.billingPortal.sessions.create(params).catch((error) => {
    throw refusalOf(error, flow !== undefined) ?? error;
  });
  return session.url;
}

/** Those of the payer, who must have one. */
async function customersOf(billing: Billing, payer: Payer, buyer: Buyer): Promise<[string, ...string[]]> {
  const { own } = await findPayersCustomers(billing, payer, buyer);
  await sendEmail(billing, payer, buyer, own);
  const [first, ...others] = own;
  if (first) return [first, ...others];
  throw new BillingError("no_billing_account", "You don't have a billing account yet. Make a purchase first.");
}

async function chooseCustomer(
  billing: Billing,
  customers: [string, ...string[]],
  subscriptionId: string | undefined,
): Promise<string> {
  const [first, ...others] = customers;
  if (others.length === 0 && !subscriptionId) return first;
  const subscriptions = await listSubscriptions(billing, customers);
  if (subscriptionId) return requiredIdOf(named(subscriptions, subscriptionId).customer);
  const running = subscriptions.find((each) => !isOver(each));
  return running ? requiredIdOf(running.customer) : first;
}

/** The subscription that is named; else the one that runs and, for a plan to change to, is of its group. */
async function getSubscription(
  billing: Billing,
  customers: string[],
  subscriptionId: string | undefined,
  price: SellablePrice | undefined,
): Promise<Stripe.Subscription> {
  const all = await listSubscriptions(billing, customers);
  if (subscriptionId) return named(all, subscriptionId);
  const running = all.filter((each) => !isOver(each));
  const fitting = price ? await pickOfGroup(billing, price.group, running, productsOf) : running;
  const [one, ...others] = fitting;
  if (!one) {
    throw new BillingError(
      "not_found",
      price ? "No subscription of yours could change to this plan. Buy it instead." : "No subscription of yours runs.",
    );
  }
  if (others.length === 0) return one;
  throw new BillingError("invalid_request", "Several of your subscriptions run. Say which, by its subscription ID.");
}

function named(subscriptions: Stripe.Subscription[], id: string): Stripe.Subscription {
  const found = subscriptions.find((each) => each.id === id);
  if (found) return found;
  throw new BillingError("not_found", "There is no such subscription");
}

async function getRecurringPrice({ supabase }: Billing, priceId: string): Promise<SellablePrice> {
  const price = await getSellablePrice(supabase, priceId);
  if (price.mode === "subscription") return price;
  throw new BillingError(
    "invalid_request",
    "This price is paid once: no subscription can change to it. Buy it instead.",
  );
}
