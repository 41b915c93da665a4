import type { World } from "../world.ts";
import { type ChangeOptions, invoiceNow, statusWhileAwaited } from "./changing.ts";
import { awaitConfirmation, collectInvoice } from "./collecting.ts";
import { finalizeInvoice } from "./invoicing.ts";
import { scheduleLife, TRIAL_NOTICE_S } from "./life.ts";
import { creditRest } from "./prorating.ts";
import { renewSubscription } from "./renewing.ts";
import { periodLines, type Subscription } from "./subscription.ts";

export function trialWillEnd(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  if (subscription?.status === "trialing") world.emit("customer.subscription.trial_will_end", subscription);
}

/**
 * `trial_end` was changed: to another day, or (not in the future) it ends now and is invoiced at once. Where its end was
 * not announced yet, it is now (https://docs.stripe.com/api/events/types#event_types-customer.subscription.trial_will_end).
 */
export function moveTrialEnd(
  world: World,
  subscription: Subscription,
  moment: number,
  {
    proration = "create_prorations",
    prorationDate = world.now(),
    awaitsConfirmation = false,
  }: Partial<ChangeOptions> = {},
): Subscription {
  const { id, items, status, trial_start, trial_end: trialEnd } = subscription;
  const begins = status !== "trialing" && moment > world.now();
  if (begins && proration !== "none")
    for (const item of items.data) creditRest(world, subscription, item, prorationDate);
  const period = { ...(begins ? { current_period_start: world.now() } : {}), current_period_end: moment };
  const patch = {
    items: { ...items, data: items.data.map((item) => ({ ...item, ...period })) },
    billing_cycle_anchor: moment,
    billing_cycle_anchor_config: null,
    trial_end: moment,
    trial_start: trial_start ?? world.now(),
    status: "trialing" as const,
  };
  const latest_invoice = begins ? invoiceTrial(world, { ...subscription, ...patch }) : subscription.latest_invoice;
  const moved = world.update("subscriptions", id, { ...patch, latest_invoice }, "customer.subscription.updated");
  if (moment > world.now()) {
    scheduleLife(world, moved);
  } else {
    if (trialEnd !== null && trialEnd - TRIAL_NOTICE_S > world.now())
      world.emit("customer.subscription.trial_will_end", moved);
    world.unschedule("trial_will_end", id);
    renewSubscription(world, id);
    const { latest_invoice: invoice, collection_method: method } = world.store.subscriptions.get(id);
    if (awaitsConfirmation && method === "charge_automatically") awaitFirst(world, id, invoice ?? "");
    else collectInvoice(world, invoice ?? "");
  }
  return world.store.subscriptions.get(id);
}

/** The first invoice after a trial, a draft as yet, waits for the buyer to confirm its payment. */
function awaitFirst(world: World, id: string, invoice: string): void {
  if (world.store.invoices.find(invoice)?.status !== "draft") return;
  world.update("invoices", invoice, { auto_advance: false });
  finalizeInvoice(world, invoice);
  awaitConfirmation(world, invoice);
  const patch = statusWhileAwaited(world, world.store.subscriptions.get(id), invoice);
  world.update("subscriptions", id, patch, "customer.subscription.updated");
}

/** A trial that begins is a period of its own, with an invoice: what was paid and not used goes to the balance. Its id. */
function invoiceTrial(world: World, subscription: Subscription): string | null {
  const lines = subscription.items.data.flatMap((item) => periodLines(world, item, subscription.currency, true));
  return invoiceNow(world, subscription, lines) ?? subscription.latest_invoice;
}
