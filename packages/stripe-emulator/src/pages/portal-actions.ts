import { cancellation, changeItems, currentPeriodEnd, type Proration, settleEnd } from "../billing/changing.ts";
import { endSubscription } from "../billing/end-subscription.ts";
import { expirePendingUpdate } from "../billing/pending-updates.ts";
import type { Subscription } from "../billing/subscription.ts";
import { moveTrialEnd } from "../billing/trials.ts";
import { refuseUnchargeable } from "../resources/invoice-editing.ts";
import { getConfiguration } from "../resources/portal-configurations.ts";
import { type Features, offeredPlans, offeredQuantity } from "../resources/portal-offer.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import type { World } from "../world.ts";

export type Form = Partial<Record<string, string>>;

/**
 * Does what the customer asked for in the portal, wholly. What to say then; undefined for what the page does not offer.
 * @throws ApiError for what would be invoiced at once and cannot be charged
 */
export const changeInPortal = (world: World, session: PortalSession, form: Form): string | undefined =>
  world.wholly(
    () => change(world, session, form),
    () => true,
  );

function change(world: World, session: PortalSession, form: Form): string | undefined {
  const subscription = world.store.subscriptions.find(form.subscription);
  if (subscription?.customer !== session.customer) return undefined;
  const { features } = getConfiguration(world, session.configuration);
  if (form.action === "feedback") return tellReason(world, subscription, features, form);
  if (subscription.status === "canceled") return undefined;
  if (form.action === "update") return changePlan(world, subscription, features, form);
  if (!features.subscription_cancel.enabled) return undefined;
  if (form.action === "cancel") return cancel(world, subscription, features);
  if (form.action !== "resume") return undefined;
  tell(world, subscription.id, cancellation(world, subscription, null, false));
  return "Your subscription goes on.";
}

const tell = (world: World, id: string, patch: Partial<Subscription>) =>
  world.update("subscriptions", id, patch, "customer.subscription.updated");

function cancel(world: World, subscription: Subscription, { subscription_cancel: how }: Features): string {
  if (how.mode === "immediately") {
    const behavior = how.proration_behavior;
    const prorate = behavior !== "none";
    settleEnd(world, subscription, { prorate, invoiceNow: behavior === "always_invoice" });
    endSubscription(world, subscription.id, { keepsProrations: prorate });
    return "Your subscription was canceled.";
  }
  tell(world, subscription.id, cancellation(world, subscription, currentPeriodEnd(subscription), false));
  return "Your subscription ends with its period.";
}

/** One item, to another price, another quantity, or both. What it is already, as in another tab, is no change. */
function changePlan(world: World, subscription: Subscription, features: Features, form: Form): string | undefined {
  const item = subscription.items.data[0];
  const price = offeredPlans(world, subscription, features).find((plan) => plan.id === form.price);
  const bounds = offeredQuantity(world, subscription, features, price);
  const quantity = bounds && form.quantity ? Number(form.quantity) : (item?.quantity ?? 1);
  const fits = !bounds || (Number.isInteger(quantity) && quantity >= bounds.least && quantity <= bounds.most);
  if (!item || !fits || (form.price && form.price !== item.price.id && !price)) return undefined;
  if (!price && quantity === (item.quantity ?? 1)) return "Nothing was changed.";
  const proration = prorationOf(features);
  const to = { price: price ?? item.price, quantity };
  expirePendingUpdate(world, subscription.id);
  tell(world, subscription.id, changeItems(world, subscription.id, [{ item, to }], { proration }));
  // https://docs.stripe.com/customer-management#limitations-to-modifying-subscriptions
  if (subscription.status === "trialing" && features.subscription_update.trial_update_behavior !== "continue_trial")
    moveTrialEnd(world, world.store.subscriptions.get(subscription.id), world.now());
  const { latest_invoice: latest } = world.store.subscriptions.get(subscription.id);
  if (latest !== subscription.latest_invoice) refuseUnchargeable(world, latest);
  return "Your subscription was updated.";
}

const PRORATIONS: readonly Proration[] = ["create_prorations", "always_invoice"];

const prorationOf = ({ subscription_update: { proration_behavior: asked } }: Features): Proration =>
  PRORATIONS.find((behavior) => behavior === asked) ?? "none";

function tellReason(world: World, subscription: Subscription, features: Features, form: Form): string | undefined {
  const { enabled, options } = features.subscription_cancel.cancellation_reason;
  const { cancellation_details: before } = subscription;
  const feedback = options.find((option) => option === form.feedback);
  if (!enabled || !before || before.reason === null || feedback === undefined) return undefined;
  const comment = form.comment?.trim() || null;
  tell(world, subscription.id, { cancellation_details: { ...before, comment, feedback } });
  return "Thank you.";
}
