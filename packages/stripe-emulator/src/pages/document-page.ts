import { html } from "hono/html";
import type Stripe from "stripe";
import { formatMoney } from "../billing/money.ts";
import type { Stored } from "../state/stored.ts";
import { badge, type Markup } from "./layout.ts";
import { formatDate } from "./money.ts";

/** What `hosted_invoice_url` and `invoice_pdf` lead to. `pay` is the form of an invoice that can be paid there. */
export const invoicePage = (
  invoice: Stored<Stripe.Invoice>,
  pay: Markup | "" = "",
): Markup => html`<main class="page stack">${badge}
<h1>Invoice ${invoice.number}</h1><p class="soft">${formatDate(invoice.created)} · ${invoice.customer_email} · ${invoice.status}</p>
<ul class="lines">${invoice.lines.data.map(
  (line) => html`<li><span>${line.description}</span><span>${formatMoney(line.amount, line.currency)}</span></li>`,
)}${adjustments(invoice).map(
  ([name, amount]) =>
    html`<li class="soft"><span>${name}</span><span>${formatMoney(amount, invoice.currency)}</span></li>`,
)}</ul>
<p class="total"><span>Total</span><span>${formatMoney(invoice.total, invoice.currency)}</span></p>
<p class="row"><span>Paid</span><span>${formatMoney(invoice.amount_paid, invoice.currency)}</span></p>${pay}</main>`;

/** What lies between the lines and the total. */
function adjustments(invoice: Stored<Stripe.Invoice>): [name: string, amount: number][] {
  const discount = (invoice.total_discount_amounts ?? []).reduce((sum, row) => sum + row.amount, 0);
  const taxes = (invoice.total_taxes ?? []).map((tax): [string, number] => [
    tax.tax_behavior === "inclusive" ? "Tax, included" : "Tax",
    tax.amount,
  ]);
  const credits = (invoice.total_pretax_credit_amounts ?? [])
    .filter(({ type }) => type === "credit_balance_transaction")
    .reduce((sum, row) => sum + row.amount, 0);
  const off = (name: string, amount: number): [string, number][] => (amount > 0 ? [[name, -amount]] : []);
  return [...off("Discount", discount), ...off("Credits", credits), ...taxes];
}

/** What `receipt_url` leads to. */
export const receiptPage = (charge: Stored<Stripe.Charge>): Markup => html`<main class="page stack">${badge}
<h1>Receipt</h1><p class="soft">${formatDate(charge.created)} · ${charge.status}</p>
<p class="total"><span>Paid</span><span>${formatMoney(charge.amount, charge.currency)}</span></p>
${charge.amount_refunded > 0 ? html`<p class="row"><span>Refunded</span><span>${formatMoney(charge.amount_refunded, charge.currency)}</span></p>` : ""}</main>`;
