import { html } from "hono/html";
import { integer } from "../../api/params.ts";
import { formatMoney } from "../../billing/money.ts";
import { refundable } from "../../billing/refunding.ts";
import type { Controls } from "../../controls.ts";
import { createWithPrice } from "../../resources/products.ts";
import { createRefund } from "../../resources/refunds.ts";
import { clockOf } from "../../state/clock-of.ts";
import type { World } from "../../world.ts";
import { formOf } from "../form.ts";
import type { Markup } from "../layout.ts";
import type { Action } from "./action.ts";
import { objectLink, ROOM, type Screen } from "./layout.ts";

const INTERVALS = ["month", "year", "week", "day"] as const;

const button = (path: string, label: string, value = ""): Markup =>
  html`<form method="post" action="${ROOM}/${path}"><button type="submit" name="do" value="${value}">${label}</button></form>`;

/** What the seller, the buyer or the bank can do with an object, as buttons; undefined where it is nothing. */
export function deedsFor(world: World, id: string): Markup | undefined {
  const buttons = [...ofCharge(world, id), ...ofCard(world, id), ...ofCustomer(world, id)];
  return buttons.length === 0 ? undefined : html`<div class="row start">${buttons}</div>`;
}

function ofCharge({ store }: World, id: string): Markup[] {
  const charge = store.charges.find(id);
  if (!charge?.paid) return [];
  const left = refundable(charge);
  return [
    ...(left > 0 ? [button(`charges/${id}/refund`, `Refund ${formatMoney(left, charge.currency)}`)] : []),
    ...(left > 0 && !charge.disputed ? [button(`charges/${id}/dispute`, "Dispute it, as its buyer")] : []),
  ];
}

function ofCard({ store }: World, id: string): Markup[] {
  if (!store.paymentMethods.find(id)) return [];
  const { outcome } = store.instruments.get(id);
  return outcome === "declined" || outcome === "fails_later"
    ? [button(`payment_methods/${id}/decline`, "Let it pay again", "pay")]
    : [button(`payment_methods/${id}/decline`, "Let the next payments fail", "decline")];
}

function ofCustomer({ store }: World, id: string): Markup[] {
  const customer = store.customers.find(id);
  if (!customer) return [];
  const card = customer.invoice_settings.default_payment_method;
  return [
    customer.test_clock
      ? html`<p>On the clock ${objectLink(customer.test_clock)}: <a href="${ROOM}/clocks#${customer.test_clock}">move it</a></p>`
      : button(`customers/${id}/clock`, "Put on a clock of its own"),
    ...(card === null ? [] : [html`<p>Pays with ${objectLink(String(card))}</p>`]),
  ];
}

export const newProductForm = html`<form class="box" method="post" action="${ROOM}/products"><h2>New product</h2><div class="row">
<div class="field"><label for="product-name">Name</label><input id="product-name" name="name" required maxlength="250" autocomplete="off"></div>
<div class="field"><label for="amount">Amount, in cents</label><input id="amount" name="amount" inputmode="numeric" pattern="[0-9]+" required></div>
<div class="field"><label for="currency">Currency</label><input id="currency" name="currency" value="usd" required minlength="3" maxlength="3" autocomplete="off"></div>
<div class="field"><label for="interval">Paid</label><select id="interval" name="interval">${INTERVALS.map(
  (interval) => html`<option value="${interval}">each ${interval}</option>`,
)}<option value="">once</option></select></div>
<button type="submit">Create product</button></div></form>`;

/** With a price, which is its default. `amount` in the smallest unit of the currency. */
function createProduct(
  world: World,
  { name = "", amount = "", currency = "", interval = "" }: Record<string, string>,
): string {
  const every = INTERVALS.find((word) => word === interval);
  return createWithPrice(world, {
    name,
    default_price_data: {
      currency: currency.toLowerCase(),
      unit_amount: integer(amount, "amount"),
      ...(every && { recurring: { interval: every } }),
    },
  }).id;
}

export function deedActions(
  controls: Controls,
  show: { object(id: string): Screen | undefined; objects(): Screen },
): Action[] {
  const { world } = controls;
  const onClock = (id: string, act: () => unknown) => world.onClock(clockOf(world.store, id), act);
  return [
    {
      path: "charges/:id/refund",
      show: show.object,
      act({ id }) {
        onClock(id, () => createRefund(world, { charge: id }));
        return `objects/${id}?said=refunded`;
      },
    },
    {
      path: "charges/:id/dispute",
      show: show.object,
      act({ id }) {
        controls.dispute(id);
        return `objects/${id}?said=disputed`;
      },
    },
    {
      path: "payment_methods/:id/decline",
      show: show.object,
      async act({ id, request }) {
        const { declines } = controls.decline(id, (await formOf(request)).do === "decline");
        return `objects/${id}?said=${declines ? "declines" : "pays"}`;
      },
    },
    {
      path: "customers/:id/clock",
      show: show.object,
      act({ id }) {
        controls.putOnClock({ customers: [id] });
        return "clocks?said=put_on_clock";
      },
    },
    {
      path: "products",
      show: show.objects,
      async act({ request }) {
        return `objects/${createProduct(world, await formOf(request))}?said=product_created`;
      },
    },
  ];
}
