import type Stripe from "stripe";
import { assertWithin, findBounds, pickOfGroup } from "../catalog/index.ts";
import { type Lease, withLease } from "../checkout/index.ts";
import type { Clients } from "../clients.ts";
import { listSubscriptions, productsOf } from "../customer/index.ts";
import { BillingError, type ErrorCode, OwnError } from "../errors/index.ts";
import { findCustomers, type Payer } from "../payer/index.ts";
import { notChangeable } from "../portal/index.ts";
import { createPace, idOf, isOver, read } from "../stripe/index.ts";
import { periodEndOf } from "../subscription/index.ts";
import { dataOf } from "../supabase/index.ts";
import { assertChangeable, pickItem } from "./find.ts";
import { isTrialEnding, makeNow } from "./now.ts";
import { getPendingPayment, giveUpPending, refusalOfPayment } from "./pay.ts";
import { assertNothingWaits } from "./preview.ts";
import { endingOf, scheduled } from "./refusals.ts";
import { getStanding, isBound, renewPhases } from "./schedule.ts";

/** How many a payer uses of the plans of a group, as the product has said. */
interface Seats {
  payer: string;
  subscription_group: string;
  wanted: number;
  version: number;
}

/** What became of one. */
export interface Followed {
  payer: string;
  /** Stripe's quantity is another now. */
  changed: boolean;
  /** Why it does not follow; it is tried again. */
  problem?: string;
  /** What went wrong, where nobody has to be told and the next attempt may be better. */
  error?: unknown;
}

const BATCH = 25;
/** A few requests each: most of Stripe's limit, 25 a second in test mode, is left to customers. */
const pace = createPace(5);
/** Of these only time, or another request, is in the way. */
const PASSING: readonly ErrorCode[] = ["sale_in_progress", "account_being_read", "other_account"];
/** Nothing can be changed before it is over. */
class TrialEnding extends OwnError {
  readonly code = "trial_ending";
}

/** The customer knows: they have decided it themselves. */
const DECIDED: readonly ErrorCode[] = ["subscription_ending", "subscription_scheduled"];

/**
 * Brings the quantities of subscriptions to the numbers that the product keeps (`billing.set_seats`), each paid for, or credited, at once as
 * any change of plan. How often one may change is decided in Postgres, by Stripe's limits: https://docs.stripe.com/rate-limits
 * @throws when the database cannot be reached: what was taken is due again in minutes
 */
export async function followSeats(clients: Clients): Promise<Followed[]> {
  const taken: Seats[] = dataOf(await clients.supabase.rpc("take_seats", { most: BATCH }));
  return Promise.all(taken.map((seats) => pace(() => follow(clients, seats))));
}

async function follow(clients: Clients, seats: Seats): Promise<Followed> {
  const { payer, wanted: _, ...named } = seats;
  const settle = async (changed: boolean, problem?: string, options: { to_tell?: boolean; waits?: boolean } = {}) =>
    void dataOf(
      await clients.supabase.rpc("settle_seats", { payer, ...named, changed, ...(problem && { problem }), ...options }),
    );
  let changed = false;
  const change = () => {
    changed = true;
  };
  try {
    await withLease(clients.supabase, payerOf(payer), (lease) => bring(clients, seats, lease, change));
    await settle(changed);
    return { payer, changed };
  } catch (error) {
    const problem = codeOf(error);
    if (!(error instanceof BillingError) || PASSING.includes(error.code)) {
      await settle(changed, problem);
      return { payer, changed, problem, error };
    }
    // An attempt that was declined has made an invoice, as a change does.
    const counts = changed || error.code === "card_declined";
    await settle(counts, problem, { to_tell: !DECIDED.includes(error.code), waits: true });
    return { payer, changed, problem };
  }
}

/**
 * Where nothing of the group runs there is nothing to bring: it is looked at when it begins.
 * @param change called with each change at Stripe: what follows it may be refused
 */
async function bring(clients: Clients, seats: Seats, lease: Lease, change: () => void): Promise<void> {
  const { subscription_group: group, wanted, version } = seats;
  const customers = (await findCustomers(clients.supabase, payerOf(seats.payer))).filter(({ isOwned }) => isOwned);
  const all = await listSubscriptions(
    clients,
    customers.map(({ id }) => id),
    { noted: false },
  );
  const running = all.filter((each) => !isOver(each));
  const [found, ...others] = await pickOfGroup(clients, [group], running, productsOf);
  if (!found) return;
  if (others.length > 0) throw notChangeable("Several run.");

  const item = await pickItem(clients, found, { group });
  const { subscription, changed } = await bringNow(clients, { found, item, wanted, version }, lease);
  if (changed) change();
  if (await bringNext(clients, { subscription, item, wanted }, lease)) change();
}

/** Of what is paid for now. */
async function bringNow(
  clients: Clients,
  {
    found,
    item,
    wanted,
    version,
  }: { found: Stripe.Subscription; item: Stripe.SubscriptionItem; wanted: number; version: number },
  lease: Lease,
): Promise<{ subscription: Stripe.Subscription; changed: boolean }> {
  const bounds = await findBounds(clients, item.price);
  const quantity = Math.max(wanted, bounds.least); // as many are paid for at least, whoever uses them
  if (item.quantity === quantity) return { subscription: found, changed: false };
  const subscription = await settlePending(clients, found);
  assertChangeable(subscription, item);
  assertWithin(bounds, quantity);
  if (subscription.cancel_at !== null || subscription.cancel_at_period_end) throw endingOf(subscription);
  if (isBound(await getStanding(clients, subscription), periodEndOf(subscription))) throw scheduled();
  if (await isTrialEnding(clients, subscription)) throw new TrialEnding("It can be changed in a minute");
  if (subscription.status !== "trialing") await assertNothingWaits(clients, subscription);
  lease.assertHeld();
  const key = `seats ${subscription.id} ${version}`;
  const made = await makeNow(clients, { subscription, item, price: item.price, quantity }, { key });
  return { subscription: made, changed: true };
}

/** Of the plan that we have scheduled for the next period, which may be sold within other bounds. @returns whether it was another */
async function bringNext(
  clients: Clients,
  { subscription, item, wanted }: { subscription: Stripe.Subscription; item: Stripe.SubscriptionItem; wanted: number },
  lease: Lease,
): Promise<boolean> {
  const standing = await getStanding(clients, subscription);
  const place = subscription.items.data.findIndex(({ id }) => id === item.id);
  const planned = standing.isForeign ? undefined : standing.next?.items[place];
  if (!planned) return false;
  const price = await read<Stripe.Price>(clients.stripe, `/v1/prices/${idOf(planned.price)}`);
  const bounds = await findBounds(clients, price);
  const quantity = Math.max(wanted, bounds.least);
  if (planned.quantity === quantity) return false;
  assertWithin(bounds, quantity);
  lease.assertHeld();
  await renewPhases(clients, subscription, standing, { itemId: item.id, quantity });
  return true;
}

/** A change that its customer's bank is asked about is theirs to answer; one that a process left unpaid is given up. */
async function settlePending(clients: Clients, subscription: Stripe.Subscription): Promise<Stripe.Subscription> {
  const pending = await getPendingPayment(clients, subscription);
  if (!pending) return subscription;
  if (pending.isUnderWay) throw refusalOfPayment(pending);
  return giveUpPending(clients, subscription);
}

function payerOf(payer: string): Payer {
  const id = payer.slice(payer.indexOf(":") + 1);
  return payer.startsWith("organization:") ? { organizationId: id } : { userId: id };
}

/** Why, without what the error's message may quote. */
function codeOf(error: unknown): string {
  const { code, type, name } = (error ?? {}) as Record<string, unknown>;
  return String(code || type || name || "unknown");
}
