import { html } from "hono/html";
import type Stripe from "stripe";
import { currentPeriodEnd } from "../billing/changing.ts";
import type { Subscription } from "../billing/subscribing.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { badge, type Markup } from "./layout.ts";
import { formatDate, formatInterval, formatMoney } from "./money.ts";

type Price = Stored<Stripe.Price>;

export function portalPage(world: World, session: Stored<Stripe.BillingPortal.Session>): Markup {
  const { customer, return_url: back } = session;
  const subscriptions = world.store.subscriptions.all().filter((row) => row.customer === customer);
  const current = subscriptions.filter((row) => row.status !== "canceled").reverse();
  const ended = subscriptions.filter((row) => row.status === "canceled").reverse();
  const cards = world.store.paymentMethods.all().filter((row) => row.customer === customer);
  return html`<main class="page stack">
<div class="row">${back ? html`<a href="${back}">← Return to ${new URL(back).host}</a>` : ""}${badge}</div>
<h1>Billing</h1>
<section class="stack" aria-label="Current subscription"><h2>Current subscription</h2>
${current.length === 0 ? html`<p class="soft">No subscription runs.</p>` : current.map((row) => runningSubscription(world, row))}</section>
${ended.length === 0 ? "" : html`<section class="stack"><h2>Ended</h2>${ended.map((row) => html`<p>${nameOf(world, row)} · ended on ${formatDate(row.ended_at ?? row.created)}</p>`)}</section>`}
<section class="stack"><h2>Payment methods</h2>
${cards.length === 0 ? html`<p class="soft">None on file.</p>` : html`<ul class="lines">${cards.map((row) => html`<li>${methodName(row)}</li>`)}</ul>`}</section>
<section class="stack"><h2>Invoices</h2>${invoiceTable(world, customer)}</section>
</main>`;
}

const priceOf = (subscription: Subscription) => subscription.items.data[0]?.price;

const nameOf = (world: World, subscription: Subscription) =>
  world.store.products.find(priceOf(subscription)?.product)?.name ?? "Subscription";

const priceText = (price: Price) =>
  `${formatMoney(price.unit_amount ?? 0, price.currency)}${price.recurring ? ` ${formatInterval(price.recurring)}` : ""}`;

function methodName({ card, sepa_debit: sepa }: Stored<Stripe.PaymentMethod>): string {
  if (sepa) return `SEPA Direct Debit •••• ${sepa.last4}`;
  return card ? `${card.brand} •••• ${card.last4}, expires ${card.exp_month}/${card.exp_year}` : "Payment method";
}

function runningSubscription(world: World, subscription: Subscription): Markup {
  const price = priceOf(subscription);
  const ends = subscription.cancel_at;
  return html`<article class="box"><div class="row"><strong>${nameOf(world, subscription)}</strong><span class="status">${subscription.status}</span></div>
<p>${price ? priceText(price) : ""}</p>
${ends === null ? html`<p class="soft">Renews on ${formatDate(currentPeriodEnd(subscription))}</p>` : html`<p class="ends">Ends on ${formatDate(ends)}</p>`}
${planForm(world, subscription)}
<form method="post"><input type="hidden" name="subscription" value="${subscription.id}">
${
  ends === null
    ? html`<button type="submit" name="action" value="cancel">Cancel subscription</button>`
    : html`<button type="submit" name="action" value="resume">Don't cancel subscription</button>`
}</form></article>`;
}

/** Prices that the subscription can move to: active, recurring, of an active product, in its currency. */
export const otherPlans = (world: World, subscription: Subscription): Price[] =>
  world.store.prices
    .all()
    .filter((price) => price.active && price.recurring && price.currency === subscription.currency)
    .filter((price) => price.id !== priceOf(subscription)?.id && world.store.products.find(price.product)?.active);

function planForm(world: World, subscription: Subscription): Markup | string {
  const plans = otherPlans(world, subscription);
  if (plans.length === 0) return "";
  const select = `plan-${subscription.id}`;
  return html`<form method="post" class="row"><input type="hidden" name="subscription" value="${subscription.id}">
<div class="field"><label for="${select}">Change plan</label><select id="${select}" name="price">${plans.map(
    (price) =>
      html`<option value="${price.id}">${world.store.products.find(price.product)?.name} · ${priceText(price)}</option>`,
  )}</select></div>
<button type="submit" name="action" value="update">Update subscription</button></form>`;
}

function invoiceTable(world: World, customer: string): Markup {
  const invoices = world.store.invoices
    .all()
    .filter((row) => row.customer === customer)
    .reverse();
  if (invoices.length === 0) return html`<p class="soft">None yet.</p>`;
  return html`<div class="scroll"><table><thead><tr><th scope="col">Date</th><th scope="col">Number</th><th scope="col">Amount</th><th scope="col">Status</th></tr></thead>
<tbody>${invoices.map(
    (row) =>
      html`<tr><td>${formatDate(row.created)}</td><td><a href="${row.hosted_invoice_url}">${row.number}</a></td><td>${formatMoney(row.total, row.currency)}</td><td>${row.status}</td></tr>`,
  )}</tbody></table></div>`;
}
