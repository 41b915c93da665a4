import { html } from "hono/html";
import type Stripe from "stripe";
import { formatMoney } from "../billing/money.ts";
import { quantityBounds } from "../billing/session-lines.ts";
import type { Stored } from "../state/stored.ts";
import type { Markup } from "./layout.ts";

type LineItem = Stored<Stripe.LineItem>;

interface LineOptions {
  /** What is paid by use costs, by the line's id. */
  rates: ReadonlyMap<string, string>;
  currency: string;
  /** Some lines renew and some are paid once: each says which. */
  mixed: boolean;
  problem?: string | undefined;
}

/** What is bought. Quantities that the buyer may choose are fields of a form of their own. */
export function lineList(items: LineItem[], options: LineOptions): Markup {
  const lines = html`<ul class="lines">${items.map((item) => line(item, items.length === 1, options))}</ul>`;
  if (!items.some((item) => item.adjustable_quantity?.enabled)) return lines;
  return html`<form class="stack" method="post">
${options.problem ? html`<p class="error" role="alert" id="quantity-problem">${options.problem}</p>` : ""}
${lines}<button type="submit" name="action" value="update_quantities">Update quantity</button></form>`;
}

function line(item: LineItem, alone: boolean, { currency, mixed, problem, rates }: LineOptions): Markup {
  const kind = mixed ? html`<br><span class="soft">${item.price?.recurring ? "Renews" : "Paid once"}</span>` : "";
  const rate = rates.get(item.id);
  if (rate !== undefined)
    return html`<li><span>${item.description}${kind}<br><span class="soft">${rate}</span></span><span>By use</span></li>`;
  const total = html`<span>${formatMoney(item.amount_subtotal, currency)}</span>`;
  if (!item.adjustable_quantity?.enabled)
    return html`<li><span>${item.description}${kind}<br><span class="soft">Qty ${item.quantity}</span></span>${total}</li>`;
  const { least, most } = quantityBounds(item, alone);
  return html`<li><span class="field"><span>${item.description}${kind}</span>
<label class="soft" for="${item.id}">Quantity (${least} to ${most})</label>
<input id="${item.id}" name="${item.id}" type="number" inputmode="numeric" min="${least}" max="${most}" value="${item.quantity}" ${problem ? html`aria-describedby="quantity-problem"` : ""}></span>${total}</li>`;
}
