import { html } from "hono/html";
import type Stripe from "stripe";
import { formatMoney } from "../billing/money.ts";
import type { Renewals } from "../billing/session-pricing.ts";
import type { Markup } from "./layout.ts";
import { formatInterval, formatPeriod } from "./money.ts";

export const headline = (amount: number, currency: string, suffix = ""): Markup =>
  html`<p class="price">${formatMoney(amount, currency)} <small>${suffix}</small></p>`;

interface Cycle {
  currency: string;
  recurring: Pick<Stripe.Price.Recurring, "interval" | "interval_count">;
  /** Of the trial; null: there is none. */
  days: number | null;
}

/** What the periods cost: the first, and, where a trial begins or a discount ends, those that follow. */
export function terms({ first, following, months }: Renewals, { currency, recurring, days }: Cycle): Markup {
  const each = formatInterval(recurring);
  const ends = first !== following;
  const suffix = ends && months === null ? `for the first ${formatPeriod(recurring)}` : each;
  const text = [
    ...(days ? [`${days} days free, then ${formatMoney(first, currency)} ${suffix}`] : []),
    ...(ends && months !== null ? [`for ${months} months`] : []),
    ...(ends ? [`then ${formatMoney(following, currency)} ${each}`] : []),
  ].join(", ");
  return html`${headline(first, currency, suffix)}
${text === "" ? "" : html`<p>${text.charAt(0).toUpperCase()}${text.slice(1)}</p>`}`;
}
