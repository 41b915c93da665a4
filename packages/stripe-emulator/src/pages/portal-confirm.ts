import { html } from "hono/html";
import { formatMoney } from "../billing/money.ts";
import type { Subscription } from "../billing/subscription.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { badge, type Markup } from "./layout.ts";
import { changeInPortal } from "./portal-actions.ts";
import { nameOf } from "./portal-page.ts";
import { priceText } from "./price-text.ts";

type Confirm = NonNullable<NonNullable<PortalSession["flow"]>["subscription_update_confirm"]>;

/** What the customer is asked to confirm, and what it costs them today; or that it is so already. */
export function confirmPage(world: World, session: PortalSession, { subscription: id, items }: Confirm): Markup {
  const { return_url: back } = session;
  const subscription = world.store.subscriptions.get(id);
  const [item, [asked]] = [subscription.items.data[0], items];
  const price = world.store.prices.find(asked?.price) ?? item?.price;
  const quantity = asked?.quantity ?? item?.quantity ?? 1;
  const fields = { action: "update", subscription: id, price: asked?.price ?? "", quantity: String(quantity) };
  const isSo = price?.id === item?.price.id && quantity === (item?.quantity ?? 1);
  const due = isSo ? undefined : dueToday(world, session, subscription, fields);
  return html`<main class="page stack"><div class="row">${back ? html`<a href="${back}">← Return to ${new URL(back).host}</a>` : ""}${badge}</div>
<h1>Confirm your updates</h1>
<section class="box"><p class="soft">Until now</p><p><strong>${nameOf(world, subscription)}</strong></p>${item ? html`<p>${many(item.quantity)}${priceText(world, item.price, subscription.currency)}</p>` : ""}</section>
${
  due === undefined || !price
    ? html`<p>There is nothing to change here any more.</p>`
    : html`<section class="box"><p class="soft">From now on</p><p><strong>${world.store.products.find(price.product)?.name}</strong></p><p>${many(quantity)}${priceText(world, price, subscription.currency)}</p>
<p class="total"><span>Amount due today</span><span>${formatMoney(due, subscription.currency)}</span></p>
<form method="post">${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button class="main" type="submit">Confirm</button></form></section>`
}</main>`;
}

const many = (quantity = 1) => (quantity > 1 ? `${quantity} × ` : "");

/** What would be invoiced at once: it is done, to a copy of the state. Undefined: it cannot be done any more. */
function dueToday(world: World, session: PortalSession, subscription: Subscription, form: Record<string, string>) {
  const date = world.onClock(clockOf(world.store, subscription.id), () => world.now());
  return world.rehearse(date, (copy) => {
    const seen = copy.store.invoices.all().length;
    if (changeInPortal(copy, session, form) === undefined) return undefined;
    const made = copy.store.invoices.all().slice(seen);
    return made.reduce((sum, { total }) => sum + Math.max(0, total), 0);
  });
}
