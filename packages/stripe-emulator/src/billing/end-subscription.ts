import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { closeInvoice } from "./closing.ts";
import { dropProrations } from "./prorating.ts";

type Subscription = Stored<Stripe.Subscription>;

export interface Ending {
  reason?: "cancellation_requested" | "payment_failed";
  /** Whether prorations that wait for an invoice go on waiting; by default nobody is billed for them. */
  keepsProrations?: boolean;
  /** The id of the invoice that is written now that it has ended. */
  lastInvoice?: string;
}

/** Statuses that nothing leads out of. */
export const isOver = ({ status }: Subscription): boolean => status === "canceled" || status === "incomplete_expired";

/**
 * Ends a subscription now: it is `canceled` for good, its open invoices are not collected any more, and prorations that
 * wait are removed (https://docs.stripe.com/api/subscriptions/cancel).
 */
export function endSubscription(
  world: World,
  id: string,
  { reason = "cancellation_requested", keepsProrations = false, lastInvoice }: Ending = {},
): Subscription {
  const before = world.store.subscriptions.get(id);
  const { canceled_at: asked, cancellation_details: details } = before;
  if (!keepsProrations) dropProrations(world, before);
  const now = world.now();
  const ended = world.update("subscriptions", id, {
    status: "canceled",
    canceled_at: asked ?? now,
    ended_at: now,
    cancellation_details: {
      comment: details?.comment ?? null,
      feedback: details?.feedback ?? null,
      feedback_option: null,
      reason,
    },
    ...(lastInvoice === undefined ? {} : { latest_invoice: lastInvoice }),
  });
  stopLife(world, id);
  world.emit("customer.subscription.deleted", ended);
  return ended;
}

/** Nothing more happens by itself to this subscription and its invoices. */
function stopLife(world: World, id: string): void {
  for (const kind of [
    "end_subscription",
    "renew_subscription",
    "trial_will_end",
    "upcoming_invoice",
    "expire_incomplete",
    "expire_pending_update",
    "resume_collection",
  ] as const) {
    world.unschedule(kind, id);
  }
  for (const invoice of world.store.invoices.all()) {
    if (invoice.parent?.subscription_details?.subscription !== id || !invoice.auto_advance) continue;
    world.unschedule("retry_payment", invoice.id);
    world.unschedule("finalize_invoice", invoice.id);
    const patch = { auto_advance: false, next_payment_attempt: null, automatically_finalizes_at: null };
    world.update("invoices", invoice.id, patch, "invoice.updated");
  }
}

/** A first payment that never came: after 23 hours the subscription is void, as Stripe's is. */
export function expireIncomplete(world: World, id: string): void {
  const subscription = world.store.subscriptions.find(id);
  if (subscription?.status !== "incomplete") return;
  stopLife(world, id);
  const invoice = world.store.invoices.find(subscription.latest_invoice);
  if (invoice?.status === "open") closeInvoice(world, invoice.id, "void");
  const patch = { status: "incomplete_expired", ended_at: world.now() };
  world.update("subscriptions", id, patch, "customer.subscription.updated");
}
