import { html } from "hono/html";
import { isOver } from "../billing/end-subscription.ts";
import { getConfiguration } from "../resources/portal-configurations.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import type { World } from "../world.ts";
import { type Markup, notice, seeOther } from "./layout.ts";
import type { Form } from "./portal-actions.ts";
import { cancelForm, planForm, portalHead, subscriptionBox } from "./portal-page.ts";

type Flow = NonNullable<PortalSession["flow"]>;

/** The one task of a flow with a subscription, and nothing of the portal beside. */
export function flowPage(world: World, session: PortalSession, flow: Flow): Markup {
  const { features } = getConfiguration(world, session.configuration);
  const cancels = flow.subscription_cancel !== null;
  const subscription = world.store.subscriptions.get(
    (flow.subscription_cancel ?? flow.subscription_update)?.subscription,
  );
  const done = isOver(subscription) || (cancels && subscription.cancel_at !== null);
  const form = done ? "" : cancels ? cancelForm(subscription) : planForm(world, subscription, features);
  return html`<main class="page stack">${portalHead(session)}
<h1>${cancels ? "Cancel your subscription" : "Update your subscription"}</h1>
${form === "" ? html`<p>There is nothing to ${cancels ? "cancel" : "change"} here any more.</p>` : subscriptionBox(world, subscription, form)}</main>`;
}

/** What a flow's form asks for; undefined for what is not the flow's task. What is to be confirmed is as the flow says it. */
export function taskOf(flow: Flow, form: Form): Form | undefined {
  const { subscription_cancel: cancel, subscription_update: update, subscription_update_confirm: confirm } = flow;
  if (confirm) return form.action === "update" ? confirmedBy(confirm) : undefined;
  const [action, of] = cancel ? ["cancel", cancel] : ["update", update];
  return form.action === action && form.subscription === of?.subscription ? form : undefined;
}

/** The change that is to be confirmed; a quantity or price that it does not name stays. */
export function confirmedBy({ subscription, items: [asked] }: NonNullable<Flow["subscription_update_confirm"]>): Form {
  const quantity = asked?.quantity === undefined ? {} : { quantity: String(asked.quantity) };
  return { action: "update", subscription, price: asked?.price ?? "", ...quantity };
}

/** Where the portal leads when its customer is done with something: to the flow's end, or back to the portal. */
export function completed(session: PortalSession, message: string): Response | Promise<Response> {
  const { flow, return_url: back } = session;
  const after = flow?.after_completion;
  if (after?.type === "redirect" && after.redirect) return seeOther(after.redirect.return_url);
  if (after?.type === "hosted_confirmation") {
    const link = back ? { href: back, label: `Return to ${new URL(back).host}` } : undefined;
    return notice("All done", after.hosted_confirmation?.custom_message ?? message, 200, link);
  }
  return seeOther(homeOf(session));
}

/** The portal's own page: where the session opens without a flow. */
export const homeOf = ({ flow, url }: PortalSession): string => (flow ? `${url}/home` : url);

/**
 * Whether the portal's other pages are there: not in a flow, unless it ends in them
 * (https://docs.stripe.com/customer-management/portal-deep-links).
 */
export const opensPortal = ({ flow }: PortalSession): boolean =>
  flow === null || flow.after_completion.type === "portal_homepage";
