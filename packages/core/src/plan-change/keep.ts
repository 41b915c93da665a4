import type Stripe from "stripe";
import { type Lease, withLease } from "../checkout/index.ts";
import type { Billing } from "../clients.ts";
import { getBuyer } from "../customer/index.ts";
import { noteDone, noteDoneAnew } from "../mirror/index.ts";
import { payerOf } from "../payer/index.ts";
import { customersOf, endingByOthers, endsLater, getSubscription, over } from "../portal/index.ts";
import { isMissing, isOver, remove } from "../stripe/index.ts";
import { periodEndOf } from "../subscription/index.ts";
import { ENDS_AT_ONCE } from "../subscription/schema.ts";
import { ask, type Caller, keyFor } from "./asking.ts";
import { giveUpPending } from "./pay.ts";
import { scheduledByOthers, takenBack } from "./refusals.ts";
import { getStanding, isBound, release, type Standing } from "./schedule.ts";
import type { OneSubscription, SubscriptionState } from "./schema.ts";
import { stateOf } from "./state.ts";

/**
 * Ends a subscription with what is paid for. A change that was to come is not to come any more. One that is about to end already is
 * answered as it stands.
 * @throws BillingError `unauthenticated`, `not_billing_manager`, `no_billing_account`, `account_being_read`, `not_found`,
 * `invalid_request`, `sale_in_progress`, `subscription_over`, `subscription_scheduled`, `idempotency_key_reused`, `changed_meanwhile`,
 * `subscription_ending` where it ends at a later day that we did not choose
 */
export function cancelSubscription(
  billing: Billing,
  caller: Caller,
  wish: OneSubscription,
): Promise<SubscriptionState> {
  return withSubscription(billing, caller, wish, async (subscription, standing, lease) => {
    // Until a day that somebody else has chosen it would be charged on: whoever is told that it ends has not ended it.
    if (endsLater(subscription)) throw endingByOthers();
    if (isEnding(subscription)) {
      await takeBack(billing, caller, "cancel", subscription, undefined);
      return noteDoneAnew(billing, "subscription", subscription.id);
    }
    if (isBound(standing, periodEndOf(subscription))) throw scheduledByOthers();
    lease.assertHeld();
    const tookBack = await takeBack(billing, caller, "cancel", subscription, standing.schedule);
    const path = `/v1/subscriptions/${subscription.id}`;
    if (ENDS_AT_ONCE.includes(subscription.status)) {
      return noteDone(billing, "subscription", () => remove<Stripe.Subscription>(billing.stripe, path)).catch(
        (error) => {
          throw isMissing(error) ? over() : error; // so Stripe calls what has ended meanwhile
        },
      );
    }
    const wanted = { isEnding: true, tookBack };
    return askFor(
      wanted,
      (key) => ask(billing, "subscription", path, { cancel_at_period_end: true }, key),
      keyFor(caller, "cancel"),
    );
  });
}

/**
 * Takes back what is to come of a subscription: its end, a change with the next period, or one that waits for its payment. It goes on as
 * it is; one that does already is answered as it stands.
 * @throws BillingError as `cancelSubscription`; `subscription_ending` also where it ends earlier than its period
 */
export function resumeSubscription(
  billing: Billing,
  caller: Caller,
  wish: OneSubscription,
): Promise<SubscriptionState> {
  return withSubscription(billing, caller, wish, async (subscription, standing, lease) => {
    lease.assertHeld();
    if (standing.next && standing.isForeign) throw scheduledByOthers();
    const own = standing.isForeign ? undefined : standing.schedule;
    const { id, cancel_at: end, cancel_at_period_end: atPeriodEnd } = subscription;
    // The portal sets a day, that of the period's end; any other is somebody else's decision.
    if (!atPeriodEnd && end !== null && end !== periodEndOf(subscription)) throw endingByOthers();
    const tookBack = await takeBack(billing, caller, "resume", subscription, own);
    if (!isEnding(subscription)) return noteDoneAnew(billing, "subscription", id);
    const params = atPeriodEnd ? { cancel_at_period_end: false } : { cancel_at: "" };
    const wanted = { isEnding: false, tookBack };
    return askFor(
      wanted,
      (key) => ask(billing, "subscription", `/v1/subscriptions/${id}`, params, key),
      keyFor(caller, "resume"),
    );
  });
}

/** One subscription of a payer, as Stripe has it, and nobody else's change of it at the same time. */
async function withSubscription(
  billing: Billing,
  { user }: Caller,
  wish: OneSubscription,
  act: (subscription: Stripe.Subscription, standing: Standing, lease: Lease) => Promise<Stripe.Subscription>,
): Promise<SubscriptionState> {
  const buyer = await getBuyer(billing.supabase, user);
  const payer = await payerOf(billing.supabase, user.id, wish.organizationId);
  return withLease(billing.supabase, payer, async (lease) => {
    const customers = await customersOf(billing, payer, buyer);
    const subscription = await getSubscription(billing, customers, wish.subscriptionId, undefined, { noted: false });
    if (isOver(subscription)) throw over();
    const after = await act(subscription, await getStanding(billing, subscription), lease);
    return stateOf(after, await getStanding(billing, after));
  });
}

const isEnding = ({ cancel_at: end, cancel_at_period_end: atPeriodEnd }: Stripe.Subscription) =>
  end !== null || atPeriodEnd;

/**
 * What Stripe did for the caller's key before may have been taken back since: a request that comes late undoes no later wish. Where this
 * one has taken something back itself, it is half done, and is done.
 * @throws BillingError `changed_meanwhile`
 */
async function askFor(
  wanted: { isEnding: boolean; tookBack: boolean },
  change: (key: string | undefined) => Promise<Stripe.Subscription>,
  key: string | undefined,
): Promise<Stripe.Subscription> {
  const made = await change(key);
  if (isEnding(made) === wanted.isEnding) return made;
  if (!wanted.tookBack) throw takenBack();
  return change(undefined);
}

/** What is scheduled, and what waits for its payment, is not to come any more. @returns whether there was any */
async function takeBack(
  billing: Billing,
  caller: Caller,
  why: string,
  subscription: Stripe.Subscription,
  schedule: Standing["schedule"],
): Promise<boolean> {
  if (schedule) await release(billing, schedule, keyFor(caller, `${why} release`));
  if (subscription.pending_update) await giveUpPending(billing, subscription);
  return Boolean(schedule ?? subscription.pending_update);
}
