import type { World } from "../world.ts";
import { isOver } from "./end-subscription.ts";
import type { Invoice } from "./invoice-draft.ts";
import { periodEndOf } from "./life.ts";
import { endAsPlanned, upcomingInvoice } from "./renewing.ts";
import { advanceSchedule } from "./scheduling.ts";
import type { Subscription } from "./subscription.ts";

/**
 * The next invoice of a subscription, if nothing is changed until then; undefined where there will be none. What its schedule changes until
 * the period's end is changed, in a copy of the state (https://docs.stripe.com/billing/subscriptions/subscription-schedules).
 */
export function nextInvoice(world: World, subscription: Subscription): Invoice | undefined {
  const { id, cancel_at: ends, status } = subscription;
  const end = periodEndOf(subscription);
  const schedule = world.store.subscriptionSchedules.find(subscription.schedule);
  const turn = schedule?.current_phase?.end_date;
  if (schedule && turn !== undefined && turn <= end) {
    return afterwards(world, turn, (copy) => {
      advanceSchedule(copy, schedule.id);
      return copy.store.subscriptions.get(id);
    });
  }
  if (isOver(subscription)) return undefined;
  if (ends !== null && ends <= end) return lastInvoice(world, id, ends);
  // It "doesn't advance to a new billing period or generate invoices until it resumes": the SDK's comment on `status`.
  return status === "paused" ? undefined : settled(upcomingInvoice(world, subscription));
}

/** What is still to be billed when a subscription ends as planned. */
function lastInvoice(world: World, id: string, ends: number): Invoice | undefined {
  const invoice = afterwards(world, ends, (copy) => {
    endAsPlanned(copy, id);
    return undefined;
  });
  return invoice && settled(invoice);
}

/** The first invoice after something was done to a subscription, in a copy of the state: one that it leads to at once, or else the next. */
export const afterwards = (
  world: World,
  moment: number,
  act: (copy: World) => Subscription | undefined,
): Invoice | undefined =>
  world.rehearse(moment, (copy) => {
    const seen = copy.store.events.all().length;
    const subscription = act(copy);
    return draftedSince(copy, seen) ?? (subscription && nextInvoice(copy, subscription));
  });

/** The first invoice that was drafted since there were so many events. */
export function draftedSince(copy: World, seen: number): Invoice | undefined {
  const drafted = copy.store.events
    .all()
    .slice(seen)
    .find(({ type }) => type === "invoice.created");
  return drafted && preview(copy.store.invoices.get(drafted.data.object.id));
}

/** Whatever it is for, it does not exist yet: https://docs.stripe.com/api/invoices/object#invoice_object-billing_reason */
const preview = (invoice: Invoice): Invoice => ({
  ...invoice,
  id: `upcoming_${invoice.id}`,
  billing_reason: "upcoming",
});

/** What the customer's balance would be after it. */
export const settled = (invoice: Invoice): Invoice => ({
  ...invoice,
  ending_balance: invoice.starting_balance + invoice.total - invoice.amount_due,
});

/** `invoice.upcoming` shows the next invoice, which has no id yet. */
export function announceInvoice(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  const next = subscription && nextInvoice(world, subscription);
  if (!next) return;
  const { id: _none, ...upcoming } = next;
  world.emit("invoice.upcoming", upcoming as Invoice);
}
