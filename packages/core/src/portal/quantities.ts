import type Stripe from "stripe";
import { listWhole, read } from "../stripe/index.ts";

type Configuration = Stripe.BillingPortal.Configuration;

/** In the metadata of the portal's configuration in which a quantity may change. */
const FOR = "billing_for";
export const FOR_QUANTITIES = { [FOR]: "quantities" };

/**
 * The portal's configuration in which a quantity may change. It is not the account's own: there customers could choose any, also fewer than are
 * in use. This one is opened at one change only, that was looked at, and Stripe hides all else.
 * @see https://docs.stripe.com/customer-management/portal-deep-links
 * @param query of those in use, `active`
 */
export async function findForQuantities(stripe: Stripe, query: object = {}): Promise<Configuration | undefined> {
  const list = (page: object) =>
    read<Stripe.ApiList<Configuration>>(stripe, "/v1/billing_portal/configurations", { ...query, limit: 100, ...page });
  const { data } = await listWhole(await list({}), list);
  return data.find(({ metadata }) => metadata?.[FOR] === FOR_QUANTITIES[FOR]);
}
