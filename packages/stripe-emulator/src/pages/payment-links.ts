import type { Hono } from "hono";
import { html } from "hono/html";
import { ApiError } from "../api/errors.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { openLink, openTable, type Visit } from "../resources/link-visits.ts";
import type { World } from "../world.ts";
import { badge, type Markup, notice, page, seeOther } from "./layout.ts";
import { priceText } from "./price-text.ts";

const DEACTIVATED = "This link is no longer active. Ask whoever gave it to you for another one.";

/** `/c/link/…`: a payment link; `/c/pricing-table`: what Stripe's `<stripe-pricing-table>` shows. Each visit has a session of its own. */
export function addLinks(app: Hono, world: World): void {
  app.get("/c/link/:code", async (context) => {
    const { pathname, searchParams } = new URL(context.req.url);
    const link = world.store.paymentLinks.all().find(({ url }) => new URL(url).pathname === pathname);
    if (!link) return notice("Page not found", "There is no such payment link.", 404);
    if (!link.active) return notice("This link is not active", link.inactive_message ?? DEACTIVATED, 410);
    return toSession(() => openLink(world, link, visitOf(searchParams)));
  });
  app.get("/c/pricing-table", (context) => showTable(world, new URL(context.req.url).searchParams));
  app.post("/c/pricing-table", async (context) => {
    const form = new URLSearchParams(await context.req.text());
    return toSession(() => openTable(world, form.get("price") ?? "", visitOf(form)));
  });
}

/** https://docs.stripe.com/payment-links/url-parameters; with dashes, the attributes of a pricing table. */
const visitOf = (params: URLSearchParams): Visit => ({
  reference: params.get("client_reference_id") ?? params.get("client-reference-id"),
  prefilledEmail: params.get("prefilled_email"),
  email: params.get("locked_prefilled_email") ?? params.get("customer-email"),
});

/** What is sold no more is told to the buyer, who can't do anything about it. */
function toSession(open: () => CheckoutSession): Response | Promise<Response> {
  try {
    return seeOther(open().url ?? "");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return notice("Something went wrong", `This can't be bought at the moment. ${error.message}`, 400);
  }
}

/** The prices named by `price`, each with a button. */
function showTable(world: World, params: URLSearchParams): Promise<Response> {
  const { store } = world;
  const prices = params.getAll("price").flatMap((id) => store.prices.find(id) ?? []);
  const kept = ["client-reference-id", "customer-email"].flatMap((name) => {
    const value = params.get(name);
    return value === null ? [] : html`<input type="hidden" name="${name}" value="${value}">`;
  });
  const offers = prices.map((price): Markup => {
    const { recurring, currency } = price;
    return html`<li><form class="row" method="post"><span>${store.products.find(price.product)?.name} <span class="soft">${priceText(world, price, currency)}</span></span>
<input type="hidden" name="price" value="${price.id}">${kept}<button type="submit">${recurring ? "Subscribe" : "Buy"}</button></form></li>`;
  });
  const body = html`<main class="page stack">${badge}<h1>Pricing table</h1>
${offers.length === 0 ? html`<p>Name the prices: <code>?price=price_…&amp;price=price_…</code></p>` : html`<ul class="lines">${offers}</ul>`}</main>`;
  return page("Pricing table", body);
}
