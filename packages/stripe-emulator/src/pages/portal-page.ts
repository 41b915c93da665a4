import { html } from "hono/html";
import type Stripe from "stripe";
import { currentPeriodEnd } from "../billing/changing.ts";
import { isOver } from "../billing/end-subscription.ts";
import { formatMoney } from "../billing/money.ts";
import type { Subscription } from "../billing/subscription.ts";
import { getConfiguration } from "../resources/portal-configurations.ts";
import { type Features, offeredPlans, offeredQuantity } from "../resources/portal-offer.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { badge, type Markup } from "./layout.ts";
import { formatDate } from "./money.ts";
import { priceText } from "./price-text.ts";

/** Back to the seller's site, if the session says where that is. */
export const portalHead = ({ return_url: back }: PortalSession): Markup =>
  html`<div class="row">${back ? html`<a href="${back}">← Return to ${new URL(back).host}</a>` : ""}${badge}</div>`;

/** The customer's portal. */
export function portalPage(world: World, session: PortalSession): Markup {
  const { customer } = session;
  const { features, business_profile: profile } = getConfiguration(world, session.configuration);
  const subscriptions = world.store.subscriptions
    .all()
    .filter((row) => row.customer === customer)
    .reverse();
  const current = subscriptions.filter((row) => !isOver(row));
  const ended = subscriptions.filter((row) => row.status === "canceled");
  return html`<main class="page stack">
${portalHead(session)}
<h1>${profile.headline ?? "Billing"}</h1>
<section class="stack" aria-label="Current subscription"><h2>Current subscription</h2>
${current.length === 0 ? html`<p class="soft">No subscription runs.</p>` : current.map((row) => runningSubscription(world, row, features))}</section>
${ended.length === 0 ? "" : html`<section class="stack"><h2>Ended</h2>${ended.map((row) => endedSubscription(world, row, features))}</section>`}
${methodSection(world, session, features)}${invoiceSection(world, customer, features)}
${legal(profile)}</main>`;
}

function legal({
  privacy_policy_url: privacy,
  terms_of_service_url: terms,
}: Stripe.BillingPortal.Configuration.BusinessProfile) {
  if (!privacy && !terms) return "";
  return html`<p class="soft">${terms ? html`<a href="${terms}">Terms</a> ` : ""}${privacy ? html`<a href="${privacy}">Privacy</a>` : ""}</p>`;
}

const priceOf = (subscription: Subscription) => subscription.items.data[0]?.price;

export const nameOf = (world: World, subscription: Subscription) =>
  world.store.products.find(priceOf(subscription)?.product)?.name ?? "Subscription";

const BRANDS: Partial<Record<string, string>> = { amex: "American Express", mastercard: "Mastercard", visa: "Visa" };

function methodName({ card, sepa_debit: sepa }: Stored<Stripe.PaymentMethod>): string {
  if (sepa) return `SEPA Direct Debit •••• ${sepa.last4}`;
  return card
    ? `${BRANDS[card.brand] ?? card.brand} •••• ${card.last4}, expires ${card.exp_month}/${card.exp_year}`
    : "Payment method";
}

function runningSubscription(world: World, subscription: Subscription, features: Features): Markup {
  const ends = subscription.cancel_at !== null;
  return subscriptionBox(
    world,
    subscription,
    html`${planForm(world, subscription, features)}
${features.subscription_cancel.enabled ? cancelForm(subscription) : ""}
${ends ? reasonForm(subscription, features) : ""}`,
  );
}

/** What a subscription is, and what can be done with it. */
export function subscriptionBox(world: World, subscription: Subscription, forms: Markup | string): Markup {
  const ends = subscription.cancel_at;
  return html`<article class="box"><div class="row"><strong>${nameOf(world, subscription)}</strong><span class="status">${subscription.status}</span></div>
${subscription.items.data.map(({ price, quantity = 1 }) => html`<p>${quantity > 1 ? `${quantity} × ` : ""}${priceText(world, price, subscription.currency)}</p>`)}
${ends === null ? html`<p class="soft">Renews on ${formatDate(currentPeriodEnd(subscription))}</p>` : html`<p class="ends">Ends on ${formatDate(ends)}</p>`}
${forms}</article>`;
}

export function cancelForm({ id, cancel_at: ends }: Subscription): Markup {
  const [action, words] =
    ends === null ? ["cancel", "Cancel subscription"] : ["resume", html`Don't cancel subscription`];
  return html`<form method="post"><input type="hidden" name="subscription" value="${id}"><button type="submit" name="action" value="${action}">${words}</button></form>`;
}

const endedSubscription = (world: World, subscription: Subscription, features: Features): Markup =>
  html`<article class="stack"><p>${nameOf(world, subscription)} · ended on ${formatDate(subscription.ended_at ?? subscription.created)}</p>${reasonForm(subscription, features)}</article>`;

export function planForm(world: World, subscription: Subscription, features: Features): Markup | string {
  const plans = offeredPlans(world, subscription, features);
  const bounds = offeredQuantity(world, subscription, features);
  if (plans.length === 0 && !bounds) return "";
  const [select, number] = [`plan-${subscription.id}`, `quantity-${subscription.id}`];
  const plan = html`<div class="field"><label for="${select}">Change plan</label><select id="${select}" name="price">
${bounds ? html`<option value="">Keep this plan</option>` : ""}${plans.map(
  (price) =>
    html`<option value="${price.id}">${world.store.products.find(price.product)?.name} · ${priceText(world, price, subscription.currency)}</option>`,
)}</select></div>`;
  const quantity = bounds
    ? html`<div class="field"><label for="${number}">Quantity</label><input id="${number}" name="quantity" type="number" inputmode="numeric" min="${bounds.least}" max="${bounds.most}" value="${subscription.items.data[0]?.quantity}"></div>`
    : "";
  return html`<form method="post" class="row"><input type="hidden" name="subscription" value="${subscription.id}">
${plans.length > 0 ? plan : ""}${quantity}
<button type="submit" name="action" value="update">Update subscription</button></form>`;
}

const REASONS: Partial<Record<string, string>> = {
  customer_service: "Customer service was less than expected",
  low_quality: "Quality was less than expected",
  missing_features: "Some features are missing",
  other: "Other reason",
  switched_service: "I'm switching to a different service",
  too_complex: "Ease of use was less than expected",
  too_expensive: "It's too expensive",
  unused: "I don't use the service enough",
};

/** Asks why, once, after a cancellation. */
function reasonForm({ id, cancellation_details: details }: Subscription, features: Features): Markup | string {
  const { enabled, options } = features.subscription_cancel.cancellation_reason;
  if (!enabled || details?.reason !== "cancellation_requested" || details.feedback || details.comment) return "";
  return html`<form method="post" class="stack"><input type="hidden" name="subscription" value="${id}">
<div class="field"><label for="feedback-${id}">Why did you cancel?</label><select id="feedback-${id}" name="feedback">${options.map(
    (option) => html`<option value="${option}">${REASONS[option] ?? option}</option>`,
  )}</select></div>
<div class="field"><label for="comment-${id}">Anything else?</label><input id="comment-${id}" name="comment" autocomplete="off"></div>
<div><button type="submit" name="action" value="feedback">Send</button></div></form>`;
}

function methodSection(world: World, { customer, url }: PortalSession, features: Features): Markup {
  const cards = world.store.paymentMethods.all().filter((row) => row.customer === customer);
  const byDefault = world.store.customers.find(customer)?.invoice_settings.default_payment_method;
  const list = html`<ul class="lines">${cards.map((row) => html`<li><span>${methodName(row)}</span>${row.id === byDefault ? html`<span class="soft">Default</span>` : ""}</li>`)}</ul>`;
  return html`<section class="stack"><h2>Payment methods</h2>
${cards.length === 0 ? html`<p class="soft">None on file.</p>` : list}
${features.payment_method_update.enabled ? html`<p><a href="${url}/payment-method">Update payment method</a></p>` : ""}</section>`;
}

function invoiceSection(world: World, customer: string, features: Features): Markup | string {
  if (!features.invoice_history.enabled) return "";
  const invoices = world.store.invoices
    .all()
    .filter((row) => row.customer === customer && row.status !== "draft")
    .reverse();
  const table = html`<div class="scroll"><table><thead><tr><th scope="col">Date</th><th scope="col">Number</th><th scope="col">Amount</th><th scope="col">Status</th></tr></thead>
<tbody>${invoices.map(
    (row) =>
      html`<tr><td>${formatDate(row.created, "short")}</td><td><a href="${row.hosted_invoice_url}">${row.number}</a></td><td>${formatMoney(row.total, row.currency)}</td><td>${row.status}</td></tr>`,
  )}</tbody></table></div>`;
  return html`<section class="stack"><h2>Invoices</h2>${invoices.length === 0 ? html`<p class="soft">None yet.</p>` : table}</section>`;
}
