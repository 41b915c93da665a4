import type Stripe from "stripe";
import { assertSameAccount, note, noteAnew } from "../mirror/index.ts";
import { idOf, isMissing, isOver, isRefusal, listWhole, read, requiredIdOf, write } from "../stripe/index.ts";
import { listPlanned, periodEndOf } from "../subscription/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Context, type Handler, look, lookUnnoted, pageOf } from "./context.ts";
import { endSubscription } from "./end-subscription.ts";
import { closePages } from "./pages.ts";

const COMMENT = "Turnpike: whoever paid for it was deleted";
const DAY_SECONDS = 24 * 60 * 60;

/** A live subscription whose payer has left: it ends, as the setting says, and the operator is told. */
export const endOrphan: Handler = async (context, id) => {
  const subscription = await lookUnnoted(context, "subscription", id);
  if (!subscription) return undefined;
  const page = pageOf(context, "subscriptions", id);
  if (isOver(subscription)) {
    // Ended by an earlier attempt, which died before it could tell.
    const byUs = subscription.cancellation_details?.comment === COMMENT;
    return byUs ? `Whoever paid for it was deleted: it is cancelled.${newlyBought(subscription)} ${page}` : undefined;
  }
  // Whoever signed up again with the same address, or was given it by hand, keeps it.
  if (await isOwned(context, requiredIdOf(subscription.customer))) return undefined;
  return `Whoever paid for it was deleted: ${await end(context, subscription)}${newlyBought(subscription)} ${page}`;
};

/** They may have paid for it when they were gone already, and had nothing of it. Only a person can tell. */
function newlyBought({ created }: Stripe.Subscription): string {
  return Date.now() / 1000 - created < DAY_SECONDS ? " It is less than a day old: see whether to pay it back." : "";
}

async function end(context: Context, subscription: Stripe.Subscription): Promise<string> {
  const { stripe, onUserDelete } = context;
  const { id } = subscription;
  if (onUserDelete === "keep") return "ON_USER_DELETE is keep, so it runs on.";
  try {
    if (onUserDelete === "cancel" || !isPaidFor(subscription)) {
      await endSubscription(context, id, COMMENT);
      return "it is cancelled.";
    }
    if (!endsWithItsPeriod(subscription)) {
      await release(context, idOf(subscription.schedule));
      const params = { cancel_at_period_end: true, cancellation_details: { comment: COMMENT } };
      await note(context, "subscription", () => write<Stripe.Subscription>(stripe, `/v1/subscriptions/${id}`, params));
    }
    return "it will end with the period that is paid for.";
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return `it runs on, for Stripe refuses to end it (${error.code ?? error.type}). End it by hand.`;
  }
}

/** Of what is owed, every retry would charge whoever has left for a period that is nobody's. */
const isPaidFor = ({ status }: Stripe.Subscription): boolean => status === "active" || status === "trialing";

/** A schedule may end it at a day of its own, after periods that are paid for, or at a dearer price. */
const endsWithItsPeriod = (subscription: Stripe.Subscription): boolean =>
  !subscription.schedule &&
  (subscription.cancel_at_period_end || (subscription.cancel_at ?? Infinity) <= periodEndOf(subscription));

/**
 * Nobody is left whom a schedule was agreed with, and under one Stripe lets no end be set. One that is over already, because another relay
 * released it, is as it should be: what follows says what is wrong otherwise.
 */
async function release(context: Context, schedule: string | null): Promise<void> {
  if (!schedule) return;
  await note(context, "subscription_schedule", () =>
    write<Stripe.SubscriptionSchedule>(context.stripe, `/v1/subscription_schedules/${schedule}/release`),
  ).catch((error) => {
    if (!isRefusal(error)) throw error;
  });
}

/** Whether a customer has a payer by what Stripe says of it now: it may not have arrived, or name somebody since. */
async function isOwned(context: Context, customer_id: string): Promise<boolean> {
  await look(context, "customer", customer_id);
  return dataOf(await context.supabase.rpc("is_owned_customer", { customer_id }));
}

/**
 * A customer whose payer has left: what was about to be bought is not sold any more, and Stripe is asked which subscriptions run,
 * for the mirror may be behind. One that Stripe does not know has neither.
 */
export const closeCustomer: Handler = async (context, customer) => {
  // Another account's key would see nothing to close.
  await assertSameAccount(context);
  const subscriptions = (page: object = {}) =>
    read<Stripe.ApiList<Stripe.Subscription>>(context.stripe, "/v1/subscriptions", {
      customer,
      status: "all",
      limit: 100,
      ...page,
    });
  try {
    await closePages(context, customer);
    if (context.onUserDelete !== "keep" && !(await isOwned(context, customer))) await releasePlanned(context, customer);
    await noteMissing(context, (await listWhole(await subscriptions(), subscriptions)).data);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  dataOf(await context.supabase.rpc("report_orphaned_subscriptions", { customer_id: customer }));
  return undefined;
};

/**
 * What is to begin on a day to come does not begin. A schedule that is cancelled takes a subscription that has begun meanwhile along;
 * one that is released leaves it to be ended as any other.
 */
async function releasePlanned(context: Context, customer: string): Promise<void> {
  const planned = await listPlanned(context.stripe, customer);
  await Promise.all(planned.map(({ id }) => release(context, id)));
}

/** What the mirror has is left to what ends it, which notes it then: of several answers of one second the mirror keeps the first. */
async function noteMissing(context: Context, subscriptions: Stripe.Subscription[]): Promise<void> {
  const ids = subscriptions.map(({ id }) => id);
  const mirrored = dataOf(await context.supabase.from("user_subscriptions").select("id").in("id", ids));
  const known = new Set(mirrored.map(({ id }) => id));
  await Promise.all(ids.filter((id) => !known.has(id)).map((id) => noteAnew(context, "subscription", id)));
}
