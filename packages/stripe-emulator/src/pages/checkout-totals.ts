import { html } from "hono/html";
import { formatMoney } from "../billing/money.ts";
import { findPromotionCode, refusalOf } from "../billing/redeeming.ts";
import { basketOf, priceSession } from "../billing/session-pricing.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import type { World } from "../world.ts";
import type { CheckoutInput } from "./checkout-form.ts";
import type { CheckoutView } from "./checkout-page.ts";
import type { Markup } from "./layout.ts";

/** What lies between the lines and the total: discount, tax, and what the customer has on their balance or owes. */
export function amounts({ session, discountName, due }: CheckoutView): Markup | string {
  const { amount_subtotal: subtotal, amount_total: total, automatic_tax: tax, currency, discounts } = session;
  const { amount_discount: off, amount_tax: taxAmount } = session.total_details ?? {
    amount_discount: 0,
    amount_tax: 0,
  };
  const balance = due - (total ?? 0);
  if (!tax.enabled && !discounts?.length && balance === 0) return "";
  const money = (amount: number | null) => formatMoney(amount ?? 0, currency ?? "usd");
  const included = taxAmount > 0 && total === (subtotal ?? 0) - off;
  const taxText = tax.status === "complete" ? money(taxAmount) : "Enter your address to calculate";
  return html`<dl class="amounts"><dt>Subtotal</dt><dd>${money(subtotal)}</dd>
${discounts?.length ? html`<dt>Discount (${discountName})</dt><dd>${money(-off)}</dd>` : ""}
${tax.enabled ? html`<dt>${included ? "Tax, included" : "Tax"}</dt><dd>${taxText}</dd>` : ""}
${balance === 0 ? "" : html`<dt>Applied balance</dt><dd>${money(balance)}</dd>`}</dl>`;
}

/** Where the buyer enters a promotion code, or takes it back: a form of its own. */
export function codeForm({ session, discountName, input, problem }: CheckoutView): Markup | string {
  if (!session.allow_promotion_codes) return "";
  if (session.discounts?.length) {
    return html`<form class="row" method="post"><span>${discountName}</span>
<button type="submit" name="action" value="remove_promotion_code">Remove</button></form>`;
  }
  const wrong = problem?.field === "promotion_code";
  return html`<form class="row" method="post"><div class="field"><label for="promotion_code">Promotion code</label>
<input id="promotion_code" name="promotion_code" value="${input.promotion_code ?? ""}" autocomplete="off" ${wrong ? html`aria-invalid="true" aria-describedby="code-problem" autofocus` : ""}></div>
<button type="submit" name="action" value="apply_promotion_code">Apply</button></form>
${wrong ? html`<p class="error" role="alert" id="code-problem">${problem.message}</p>` : ""}`;
}

/** What the page calls the session's discount: the code, or the coupon's name. */
export function discountNameOf({ store }: World, { discounts }: CheckoutSession): string {
  const { coupon, promotion_code: code } = discounts?.[0] ?? {};
  return store.promotionCodes.find(code)?.code ?? store.coupons.find(coupon)?.name ?? coupon ?? "";
}

/** Applies or removes a code; the message says why it can't be. */
export function changeCode(world: World, session: CheckoutSession, input: CheckoutInput): string | undefined {
  if (!session.allow_promotion_codes) return "This checkout takes no promotion codes.";
  if (input.action === "remove_promotion_code") {
    priceSession(world, session.id, { discounts: [] });
    return undefined;
  }
  const found = findPromotionCode(world, input.promotion_code ?? "");
  if (!found) return "This promotion code is invalid.";
  const discounts = [{ coupon: found.promotion.coupon, promotion_code: found.id }];
  const refusal = refusedCode(world, { ...session, discounts });
  if (refusal === undefined) priceSession(world, session.id, { discounts });
  return refusal;
}

/** Why the session's code can't be used, or not any more. */
export function refusedCode(world: World, session: CheckoutSession): string | undefined {
  const [{ coupon, promotion_code: promotionCode } = {}] = session.discounts ?? [];
  if (!coupon || !promotionCode) return undefined;
  const basket = basketOf(session, world.store.sessionDetails.get(session.id).lineItems);
  return refusalOf(world, { coupon, promotionCode }, basket);
}
