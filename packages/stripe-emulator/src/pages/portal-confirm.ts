import { html } from "hono/html";
import { ApiError } from "../api/errors.ts";
import { formatMoney } from "../billing/money.ts";
import type { Subscription } from "../billing/subscription.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import type { Markup } from "./layout.ts";
import { changeInPortal, type Form } from "./portal-actions.ts";
import { confirmedBy } from "./portal-flow.ts";
import { nameOf, portalHead } from "./portal-page.ts";
import { priceText } from "./price-text.ts";

type Confirm = NonNullable<NonNullable<PortalSession["flow"]>["subscription_update_confirm"]>;

/** What the customer is asked to confirm, and what it costs them today; or that it is so already. */
export function confirmPage(world: World, session: PortalSession, confirm: Confirm): Markup {
  const subscription = world.store.subscriptions.get(confirm.subscription);
  const [item, [asked]] = [subscription.items.data[0], confirm.items];
  const price = world.store.prices.find(asked?.price) ?? item?.price;
  const quantity = asked?.quantity ?? item?.quantity ?? 1;
  const isSo = price?.id === item?.price.id && quantity === (item?.quantity ?? 1);
  const due = isSo ? undefined : dueToday(world, session, subscription, confirmedBy(confirm));
  return html`<main class="page stack">${portalHead(session)}
<h1>Confirm your updates</h1>
<section class="box"><p class="soft">Until now</p><p><strong>${nameOf(world, subscription)}</strong></p>${item ? html`<p>${many(item.quantity)}${priceText(world, item.price, subscription.currency)}</p>` : ""}</section>
${
  due === undefined || !price
    ? html`<p>There is nothing to change here any more.</p>`
    : html`<section class="box"><p class="soft">From now on</p><p><strong>${world.store.products.find(price.product)?.name}</strong></p><p>${many(quantity)}${priceText(world, price, subscription.currency)}</p>
<p class="total"><span>Amount due today</span><span>${formatMoney(due, subscription.currency)}</span></p>
<form method="post"><button class="main" type="submit" name="action" value="update">Confirm</button></form></section>`
}</main>`;
}

const many = (quantity = 1) => (quantity > 1 ? `${quantity} × ` : "");

/** What would be invoiced at once: it is done, to a copy of the state. Undefined: it cannot be done any more. */
function dueToday(world: World, session: PortalSession, subscription: Subscription, form: Form) {
  const date = world.onClock(clockOf(world.store, subscription.id), () => world.now());
  return world.rehearse(date, (copy) => {
    const seen = copy.store.invoices.all().length;
    try {
      if (changeInPortal(copy, session, form) === undefined) return undefined;
    } catch (error) {
      if (error instanceof ApiError) return undefined;
      throw error;
    }
    const made = copy.store.invoices.all().slice(seen);
    return made.reduce((sum, { total }) => sum + Math.max(0, total), 0);
  });
}
