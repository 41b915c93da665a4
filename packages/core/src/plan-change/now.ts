import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { noteDone } from "../mirror/index.ts";
import { notChangeable } from "../portal/index.ts";
import { askUnnoted } from "./asking.ts";
import { isMadeIn } from "./find.ts";
import { nowOf } from "./moment.ts";
import { getPendingPayment, giveUpPending, type PendingPayment, refusalOfPayment } from "./pay.ts";
import { cardDeclined } from "./refusals.ts";
import type { Target } from "./schedule.ts";

/** Longer than a lease: a change that found a trial must not be heard by Stripe when it is over, or it would cost nothing for a period. */
const TRIAL_ENDS_S = 60;

/**
 * Makes a change at once. It is made when it is paid: `error_if_incomplete` would leave cards whose bank asks unable to pay.
 * @param options.moment up to when what there is counts as used, in seconds; absent, now
 * @returns the subscription with the change; in a trial, for a key that was used before, as it is by now
 * @throws BillingError where the payment did not go through: then nothing is changed, and nothing will be charged later
 */
export async function makeNow(
  clients: Clients,
  change: Target & { subscription: Stripe.Subscription },
  { moment, key }: { moment?: number; key?: string | undefined },
): Promise<Stripe.Subscription> {
  const { subscription, item, price, quantity } = change;
  const inTrial = subscription.status === "trialing";
  if (await isTrialEnding(clients, subscription)) throw notChangeable("Its trial ends at this moment.");
  const params = {
    items: [{ id: item.id, price: price.id, quantity }],
    ...(inTrial
      ? { proration_behavior: "none" }
      : {
          payment_behavior: "pending_if_incomplete",
          proration_behavior: "always_invoice",
          ...(moment !== undefined && { proration_date: moment }),
        }),
  };
  let pending: PendingPayment | undefined;
  const left = await noteDone(clients, "subscription", async () => {
    const updated = await askUnnoted(clients, "subscription", `/v1/subscriptions/${subscription.id}`, params, key);
    if (isMadeIn(updated, change)) return updated;
    pending = await getPendingPayment(clients, updated);
    // It must not be charged later, when nobody expects it any more.
    return pending && !pending.isUnderWay ? giveUpPending(clients, updated) : updated;
  });
  // In a trial nobody is charged: what is not made is the answer of before, to whoever asks again, and something else was made since.
  if (inTrial || isMadeIn(left, change)) return left;
  // The answer of before, to whoever asks again: what waited then was given up.
  throw pending ? refusalOfPayment(pending) : cardDeclined();
}

/** Whether a trial is so near its end that nothing can be changed before it is over. */
export async function isTrialEnding(clients: Clients, subscription: Stripe.Subscription): Promise<boolean> {
  const { status, trial_end: end } = subscription;
  return status === "trialing" && (end ?? 0) - (await nowOf(clients, subscription)) < TRIAL_ENDS_S;
}
