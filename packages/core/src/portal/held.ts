import type Stripe from "stripe";
import { getSellablePrice, pickOfGroup, type SellablePrice } from "../catalog/index.ts";
import type { Billing } from "../clients.ts";
import {
  type Buyer,
  findPayersCustomers,
  listSubscriptions,
  paidByAnother,
  productsOf,
  sendEmail,
} from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import type { Payer } from "../payer/index.ts";
import { isOver } from "../stripe/index.ts";

/**
 * The customers of a payer, who must have one.
 * @throws BillingError `no_billing_account`, `paid_by_another`, `account_being_read`
 */
export async function customersOf(billing: Billing, payer: Payer, buyer: Buyer): Promise<[string, ...string[]]> {
  const { own, named } = await findPayersCustomers(billing, payer, buyer);
  await sendEmail(billing, payer, buyer, own);
  const [first, ...others] = own;
  if (first) return [first, ...others];
  if ((await listSubscriptions(billing, named)).some((each) => !isOver(each))) throw paidByAnother();
  throw new BillingError("no_billing_account", "You don't have a billing account yet. Make a purchase first.");
}

/**
 * The subscription that is named; else the one that runs and, for a plan to change to, is of its group. Stripe is asked.
 * @throws BillingError `not_found`; `invalid_request` where several run
 */
export async function getSubscription(
  billing: Billing,
  customers: string[],
  subscriptionId: string | undefined,
  price: SellablePrice | undefined,
  options: { noted?: boolean } = {},
): Promise<Stripe.Subscription> {
  const all = await listSubscriptions(billing, customers, options);
  if (subscriptionId !== undefined) return named(all, subscriptionId);
  const running = all.filter((each) => !isOver(each));
  const fitting = price ? await pickOfGroup(billing, [price.group], running, productsOf) : running;
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

export function named(subscriptions: Stripe.Subscription[], id: string): Stripe.Subscription {
  const found = subscriptions.find((each) => each.id === id);
  if (found) return found;
  throw new BillingError("not_found", "There is no such subscription");
}

/**
 * A price on sale that a subscription can change to.
 * @throws BillingError `price_not_for_sale`, `invalid_request`
 */
export async function getRecurringPrice({ supabase }: Billing, priceId: string): Promise<SellablePrice> {
  const price = await getSellablePrice(supabase, priceId);
  if (price.mode === "subscription") return price;
  throw new BillingError(
    "invalid_request",
    "This price is paid once: no subscription can change to it. Buy it instead.",
  );
}
