import type Stripe from "stripe";
import { withLease } from "../checkout/index.ts";
import type { Billing } from "../clients.ts";
import { getBuyer } from "../customer/index.ts";
import { noteDoneAnew } from "../mirror/index.ts";
import { payerOf } from "../payer/index.ts";
import { customersOf, unchanged } from "../portal/index.ts";
import { periodEndOf } from "../subscription/index.ts";
import { type Caller, keyFor } from "./asking.ts";
import { type Change, findChange, isMadeIn } from "./find.ts";
import { nowOf } from "./moment.ts";
import { makeNow } from "./now.ts";
import { getPendingPayment, giveUpPending, refusalOfPayment } from "./pay.ts";
import { buildPreview, isDeferred } from "./preview.ts";
import { changedMeanwhile, scheduled } from "./refusals.ts";
import { getStanding, scheduleChange } from "./schedule.ts";
import type { ChangePlan, ChangePreview, PreviewChange, SubscriptionState } from "./schema.ts";
import { stateOf } from "./state.ts";

/** How long a preview holds; and how far our clock may be behind the one that made it. */
const GOOD_FOR_S = 30 * 60;
const CLOCKS_DIFFER_S = 60;

/**
 * What a change of plan or of quantity would cost, to the cent. Nothing is changed.
 * @throws BillingError `unauthenticated`, `not_billing_manager`, `no_billing_account`, `account_being_read`, `not_found`,
 * `invalid_request`, `price_not_for_sale`, `currency_mismatch`, and what tells why this subscription, or this plan, is none for it
 */
export async function previewChange(billing: Billing, { user }: Caller, wish: PreviewChange): Promise<ChangePreview> {
  const buyer = await getBuyer(billing.supabase, user);
  const payer = await payerOf(billing.supabase, user.id, wish.organizationId);
  const change = await findChange(billing, payer, await customersOf(billing, payer, buyer), wish);
  if (change.isMade) throw unchanged();
  if (change.isScheduled) throw scheduled();
  return buildPreview(billing, change, await momentFor(billing, change));
}

/**
 * Makes the change that was previewed, or none: at once, paid as previewed; or, where it is cheaper, with the next period. A payment
 * that fails leaves all as it was.
 * @throws BillingError as `previewChange`, and `changed_meanwhile` with a fresh preview, `card_declined`, `payment_method_required`,
 * `payment_confirmation_required` with the page for it, `sale_in_progress`, `idempotency_key_reused`
 */
export async function changePlan(billing: Billing, caller: Caller, wish: ChangePlan): Promise<SubscriptionState> {
  const buyer = await getBuyer(billing.supabase, caller.user);
  const payer = await payerOf(billing.supabase, caller.user.id, wish.organizationId);
  return withLease(billing.supabase, payer, async (lease) => {
    const find = async () => findChange(billing, payer, await customersOf(billing, payer, buyer), wish);
    const change = await find();
    const { subscription, standing } = change;
    // Whoever presses twice, or asks again because the answer was lost, is told how it stands: as they wished.
    if (change.isScheduled || (change.isMade && (await isFresh(billing, change, wish.token)))) {
      return stateOf(await noteDoneAnew(billing, "subscription", subscription.id), standing);
    }
    if (change.isMade) throw unchanged();
    const pending = await getPendingPayment(billing, subscription);
    if (pending?.isUnderWay && isPendingFor(subscription, change)) throw refusalOfPayment(pending);

    await assertAsPreviewed(billing, change, wish.token);
    lease.assertHeld();
    // Whoever asks for something else has given up what waits for its payment. It may have been paid at this moment.
    if (pending) {
      const left = await giveUpPending(billing, subscription);
      if (!isMadeIn(left, asItWas(change))) {
        await noteDoneAnew(billing, "subscription", left.id);
        const again = await find();
        if (again.isMade) return stateOf(again.subscription, again.standing);
        throw await previewAnew(billing, again);
      }
      // What its invoice had taken from the customer's credit is there again.
      await assertAsPreviewed(billing, change, wish.token);
    }
    return isDeferred(change) ? changeLater(billing, change, caller) : changeNow(billing, change, wish.token, caller);
  });
}

/** The moment that was previewed, in seconds. */
const momentOf = (token: string): number => Number.parseInt(token, 36);

/** The later the moment, the less an upgrade costs: one of the future would be for nothing. */
async function isFresh(billing: Billing, change: Change, token: string): Promise<boolean> {
  const age = (await nowOf(billing, change.subscription)) - momentOf(token);
  return age <= GOOD_FOR_S && age >= -CLOCKS_DIFFER_S;
}

async function assertAsPreviewed(billing: Billing, change: Change, token: string): Promise<void> {
  const moment = momentOf(token);
  const isOfPeriod = moment >= periodStartOf(change) && moment <= periodEndOf(change.subscription);
  if (isOfPeriod && (await isFresh(billing, change, token))) {
    if ((await buildPreview(billing, change, moment)).token === token) return;
  }
  throw await previewAnew(billing, change);
}

async function previewAnew(billing: Billing, change: Change) {
  return changedMeanwhile(await buildPreview(billing, change, await momentFor(billing, change)));
}

/** Stripe takes no moment outside of the period. */
async function momentFor(billing: Billing, change: Change): Promise<number> {
  const now = await nowOf(billing, change.subscription);
  return Math.min(Math.max(now, periodStartOf(change)), periodEndOf(change.subscription));
}

const periodStartOf = ({ item }: Change) => item.current_period_start;

const asItWas = ({ item }: Change) => ({ item, price: item.price, quantity: item.quantity ?? 1 });

const isPendingFor = ({ pending_update: pending }: Stripe.Subscription, { item, price, quantity }: Change): boolean =>
  (pending?.subscription_items ?? []).some(
    (each) => each.id === item.id && each.price.id === price.id && each.quantity === quantity,
  );

async function changeNow(billing: Billing, change: Change, token: string, caller: Caller): Promise<SubscriptionState> {
  const made = await makeNow(billing, change, { moment: momentOf(token), key: keyFor(caller, "change") });
  if (!isMadeIn(made, change)) throw await previewAnew(billing, change);
  return stateOf(made, change.standing);
}

async function changeLater(billing: Billing, change: Change, caller: Caller): Promise<SubscriptionState> {
  await scheduleChange(billing, change, change.standing, (step) => keyFor(caller, step));
  const subscription = await noteDoneAnew(billing, "subscription", change.subscription.id);
  const standing = await getStanding(billing, subscription);
  // What Stripe did for this key before was taken back since.
  if (!standing.next) throw await previewAnew(billing, change);
  return stateOf(subscription, standing);
}
