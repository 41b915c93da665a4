import { BillingError } from "../errors/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

export { assignPurchase, findOwner, listUnowned, type UnownedPurchase } from "./unowned.ts";

/** Who pays: a user of the product, by the UUID in `auth.users`, or one of its organisations, by what the product calls it. */
export type Payer = { userId: string } | { organizationId: string };

/** A Stripe customer of a payer. */
export interface PayersCustomer {
  id: string;
  /** Else a purchase only names the user: it gives them what was bought, and nothing to manage. */
  isOwned: boolean;
  /** It has a subscription for which Stripe may still take money, as far as the mirror knows. */
  isLive: boolean;
}

/** The customers of a payer that are not deleted, the one to use first: the one that pays already, else the one made for the payer. */
export async function findCustomers(supabase: ServiceClient, payer: Payer): Promise<PayersCustomer[]> {
  const rows = dataOf(await supabase.rpc("find_customers", argumentsOf(payer)));
  return rows.map(({ id, is_owned, is_live }) => ({ id, isOwned: is_owned, isLive: is_live }));
}

/** Whether a customer is a payer's to buy as at this moment. */
export async function isOwnCustomer(supabase: ServiceClient, payer: Payer, customerId: string): Promise<boolean> {
  return (await findCustomers(supabase, payer)).some(({ id, isOwned }) => isOwned && id === customerId);
}

/**
 * Who pays when a user buys, or manages, for themselves or for an organisation.
 * @throws BillingError `not_billing_manager`
 */
export async function payerOf(
  supabase: ServiceClient,
  userId: string,
  organizationId: string | undefined,
): Promise<Payer> {
  if (organizationId === undefined) return { userId };
  const may = await supabase.rpc("manages_billing", { user_id: userId, organization_id: organizationId });
  if (dataOf(may)) return { organizationId };
  throw new BillingError("not_billing_manager", "You do not manage the billing of this organisation");
}

/** A payer as the database's functions take one. */
export function argumentsOf(payer: Payer): { user_id: string } | { organization_id: string } {
  return "userId" in payer ? { user_id: payer.userId } : { organization_id: payer.organizationId };
}

/**
 * How many of a plan a payer has, where the product keeps the number that is in use: that many, and no fewer than are sold at a time.
 * Nothing where it keeps none.
 */
export async function findNumberInUse(
  supabase: ServiceClient,
  payer: Payer,
  group: string,
  least: number,
): Promise<number | undefined> {
  const seats = dataOf(await supabase.rpc("find_seats", { subscription_group: group, ...argumentsOf(payer) }));
  return seats ? Math.max(seats, least) : undefined;
}

/**
 * The number in use, as `findNumberInUse`. Refuses a quantity that somebody names, where the product keeps another: fewer would be less
 * than is in use, and more would be charged, and be credit a minute later.
 * @throws BillingError `quantity_not_allowed`
 */
export async function assertInUse(
  supabase: ServiceClient,
  payer: Payer,
  { group, bounds }: { group: string; bounds: { least: number } },
  quantity: number | undefined,
): Promise<number | undefined> {
  const number = await findNumberInUse(supabase, payer, group, bounds.least);
  if (number !== undefined && quantity !== undefined && quantity !== number) throw otherThanInUse(number);
  return number;
}

export const otherThanInUse = (number: number) =>
  new BillingError(
    "quantity_not_allowed",
    `It is ${number} here: as many as are in use, and no fewer than are sold at a time. Leave the quantity out.`,
  );
