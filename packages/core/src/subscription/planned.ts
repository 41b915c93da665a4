import type Stripe from "stripe";
import { listWhole, read } from "../stripe/index.ts";

/**
 * The schedules of a customer whose subscription begins on a day to come.
 * https://docs.stripe.com/api/subscription_schedules/list#list_subscription_schedules-scheduled
 * @param expand what Stripe is to show whole, as in `data.phases.items.price`
 */
export async function listPlanned(
  stripe: Stripe,
  customer: string,
  expand: string[] = [],
): Promise<Stripe.SubscriptionSchedule[]> {
  const list = (page: object = {}) =>
    read<Stripe.ApiList<Stripe.SubscriptionSchedule>>(stripe, "/v1/subscription_schedules", {
      customer,
      scheduled: true,
      expand,
      limit: 100,
      ...page,
    });
  return (await listWhole(await list(), list)).data;
}
