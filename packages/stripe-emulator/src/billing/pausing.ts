import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { attemptInvoice } from "./collecting.ts";
import { issueInvoice } from "./invoicing.ts";
import { scheduleLife } from "./life.ts";
import { restartPeriod } from "./renewing.ts";
import { periodLines, type Subscription } from "./subscription.ts";

/** `pause_collection.resumes_at` has come. The status never changed, so nothing else does. */
export function resumeCollection(world: World, id: string): void {
  world.update("subscriptions", id, { pause_collection: null }, "customer.subscription.updated");
}

/**
 * Resumes a subscription that its trial's end paused: a new period begins now. It is active once its invoice is paid
 * (https://docs.stripe.com/api/subscriptions/resume).
 */
export function resumeSubscription(world: World, id: string): Subscription {
  const before = world.store.subscriptions.get(id);
  const invoice = newId("in");
  const items = { ...before.items, data: restartPeriod(before, world.now()) };
  const reset = { billing_cycle_anchor: world.now(), billing_cycle_anchor_config: null };
  const anchored = { items, ...reset, latest_invoice: invoice };
  const subscription = world.update("subscriptions", id, anchored, "customer.subscription.updated");
  issueInvoice(world, {
    id: invoice,
    customer: before.customer,
    subscription,
    currency: before.currency,
    reason: "subscription_cycle",
    lines: items.data.flatMap((item) => periodLines(world, item, before.currency, false)),
    attributes: { auto_advance: false },
  });
  attemptInvoice(world, invoice);
  if (world.store.invoices.get(invoice).status !== "paid") return world.store.subscriptions.get(id);
  const resumed = world.update("subscriptions", id, { status: "active" });
  world.emit("customer.subscription.resumed", resumed);
  scheduleLife(world, resumed);
  return resumed;
}
