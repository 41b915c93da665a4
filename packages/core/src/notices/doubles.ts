import type Stripe from "stripe";
import { findGroups } from "../catalog/index.ts";
import { note } from "../mirror/index.ts";
import { isRefusal, read, write } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Context, type Handler, look, pageOf } from "./context.ts";
import { endSubscription } from "./end-subscription.ts";

const COMMENT = "Turnpike: bought beside";
const UNDONE = "It was bought beside another one that stands: it is cancelled,";
/** Stripe delivers an event for three days. Whoever turns out later to have two has used both, and a person decides. */
const UNDO_WITHIN_SECONDS = 3 * 24 * 60 * 60;

/** Two transactions have each brought a subscription at once: looks again, now that both are over. */
export const lookForDoubles: Handler = async ({ supabase }, subscription_id) => {
  dataOf(await supabase.rpc("report_double_subscriptions", { subscription_id }));
  return undefined;
};

/**
 * The younger of two live subscriptions of one group. It is undone, which means cancelled and paid back, where that is certain to
 * be right; whatever may have been meant is told, and a person decides.
 */
export const undoDouble: Handler = async (context, id) => {
  const subscription = await look(context, "subscription", id);
  if (!subscription) return undefined;
  const page = pageOf(context, "subscriptions", id);
  // Cancelled by an earlier attempt, which may have died before it paid back.
  if (subscription.status === "canceled" && subscription.cancellation_details?.comment?.startsWith(COMMENT)) {
    // Whoever cancels in the portal may write a comment, too, and must not decide what is paid back.
    const doubt = await whyNotPayBack(context, subscription);
    return doubt
      ? `It is cancelled and not paid back: ${doubt}. ${page}`
      : `${UNDONE} ${await payBack(context, id)} ${page}`;
  }
  const [oldest, ...younger] = await findRivals(context, id);
  const itself = younger.find((rival) => rival.id === id);
  if (!oldest || !itself) return undefined;

  const doubt = (await whyNotUndo(context, oldest, itself)) ?? (await whyNotPayBack(context, subscription));
  if (doubt) return `It is live beside ${oldest.id}, and both cost: ${doubt}. Decide which one stays. ${page}`;
  await endSubscription(context, id, `${COMMENT} ${oldest.id}`);
  return `${UNDONE} ${await payBack(context, id)} ${page}`;
};

type Rival = Awaited<ReturnType<typeof askForRivals>>[number];

/** All live subscriptions that exclude this one, the oldest first, as Stripe holds them and their products now. */
async function findRivals(context: Context, id: string): Promise<Rival[]> {
  const known = await askForRivals(context, id);
  const products = new Set(known.flatMap(({ product_ids }) => product_ids));
  await Promise.all([
    ...known.filter((rival) => rival.id !== id).map((rival) => look(context, "subscription", rival.id)),
    ...[...products].map((product) => look(context, "product", product)),
  ]);
  return askForRivals(context, id);
}

const askForRivals = async ({ supabase }: Context, subscription_id: string) =>
  dataOf(await supabase.rpc("find_rival_subscriptions", { subscription_id }));

async function whyNotUndo(context: Context, oldest: Rival, younger: Rival): Promise<string | undefined> {
  const isOurs = ({ metadata }: Rival) => (metadata as Stripe.Metadata).sold_by === "turnpike";
  if (context.onDoubleSubscription === "report") return "ON_DOUBLE_SUBSCRIPTION is report";
  if (!isOurs(oldest) || !isOurs(younger)) return "one of them was not sold by the product's own pages";
  // Whoever lost the younger one would be left without any.
  if (!["active", "trialing"].includes(oldest.status)) return `the older one is ${oldest.status}`;
  if (oldest.ends_at) return "the older one is about to end";
  if (!(await holdsAll(context, oldest, younger))) return "the younger one has something that the older one has not";
  const standing = await look(context, "subscription", oldest.id);
  if (standing?.pause_collection) return "the older one is paused";
  if (standing && endsWithItsTrial(standing)) return "the older one is a trial that ends by itself";
  return undefined;
}

/** A plan and its add-ons are one subscription: an add-on that stands already is none in the place of the plan. */
async function holdsAll(context: Context, oldest: Rival, younger: Rival): Promise<boolean> {
  const groups = await findGroups(context, [...oldest.product_ids, ...younger.product_ids]);
  const held = oldest.product_ids.map((id) => groups.get(id));
  return younger.product_ids.every((id) => held.includes(groups.get(id)));
}

function endsWithItsTrial({ status, trial_settings, default_payment_method }: Stripe.Subscription): boolean {
  const whenUnpaid = trial_settings?.end_behavior.missing_payment_method ?? "create_invoice";
  return status === "trialing" && !default_payment_method && whenUnpaid !== "create_invoice";
}

/** Only what the purchase itself took can be given back: neither what is still under way, nor time that was used. */
async function whyNotPayBack(
  context: Context,
  { id, created, canceled_at }: Stripe.Subscription,
): Promise<string | undefined> {
  const ranFor = (canceled_at ?? Date.now() / 1000) - created;
  if (ranFor > UNDO_WITHIN_SECONDS) return "the younger one has run for days";
  const invoices = await listInvoices(context, id);
  if (invoices.length > 1) return "the younger one has been billed again since";
  if (invoices.some(({ status }) => status !== "paid")) return "the younger one is not paid yet";
  // What else the customer owed may stand on the same invoice.
  const billsMore = ({ lines }: Stripe.Invoice) =>
    lines.data.some(({ parent }) => {
      const details = parent?.subscription_item_details ?? parent?.invoice_item_details;
      return details?.subscription !== id;
    });
  if (invoices.some(billsMore)) return "something else was billed with the younger one";
  // A refund gives back what a card paid, not the credit that was used up beside it.
  const usedCredit = ({ starting_balance, ending_balance }: Stripe.Invoice) =>
    (ending_balance ?? starting_balance) !== starting_balance;
  return invoices.some(usedCredit) ? "the customer's credit was used for the younger one" : undefined;
}

async function listInvoices({ stripe }: Context, subscription: string): Promise<Stripe.Invoice[]> {
  const query = { subscription, limit: 10, expand: ["data.payments"] };
  return (await read<Stripe.ApiList<Stripe.Invoice>>(stripe, "/v1/invoices", query)).data;
}

/**
 * Gives back all that was paid. Stripe refuses to do so twice, so it needs no idempotency key: one would answer for a day with a
 * failure that it had stored.
 */
async function payBack(context: Context, id: string): Promise<string> {
  const payments = (await listInvoices(context, id)).flatMap(({ payments }) => payments?.data ?? []);
  const paid = payments.filter(({ status, amount_paid }) => status === "paid" && amount_paid);
  const refused: string[] = [];
  for (const { payment } of paid) {
    const refusal = await refund(context, payment);
    if (refusal) refused.push(refusal);
  }
  if (refused.length > 0) return `and Stripe refuses to pay it back (${refused.join(", ")}). Do that by hand.`;
  return paid.length > 0 ? "and its payment is given back." : "and nothing had been paid for it.";
}

/** @returns why Stripe will not, as its code */
async function refund(
  context: Context,
  { payment_intent, charge }: Stripe.InvoicePayment.Payment,
): Promise<string | undefined> {
  const params = { ...(payment_intent ? { payment_intent } : { charge }), reason: "duplicate" };
  try {
    const { status } = await note(context, "refund", () => write<Stripe.Refund>(context.stripe, "/v1/refunds", params));
    return status === "failed" || status === "canceled" ? status : undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.code === "charge_already_refunded" ? undefined : (error.code ?? error.type);
  }
}
