import { html } from "hono/html";
import { kindOf } from "../billing/tax-ids.ts";
import type { TaxId } from "../state/rows.ts";
import { type CheckoutInput, marksOf, type Problem } from "./checkout-form.ts";
import type { FieldsView } from "./checkout-page.ts";
import type { Markup } from "./layout.ts";

/** The tax id that was typed: null where none was; or what is wrong with it. */
export function readTaxId(
  { tax_id: typed = "" }: CheckoutInput,
  { required }: { required: boolean },
): TaxId | null | Problem {
  const value = typed.replaceAll(/\s/g, "").toUpperCase();
  if (value === "" && !required) return null;
  const type = kindOf(value);
  if (type) return { type, value };
  return { field: "tax_id", message: "Enter a valid tax ID, such as DE123456789." };
}

export const isProblem = (read: object | null): read is Problem => read !== null && "message" in read;

/** The field of whoever buys as a business. */
export function taxIdField(view: FieldsView): Markup | string {
  const { expected, input } = view;
  if (!expected.taxId) return "";
  const { required } = expected.taxId;
  return html`<div class="field"><label for="tax_id">Tax ID${required ? "" : " (businesses)"}</label>
<input id="tax_id" name="tax_id" value="${input.tax_id ?? ""}" autocomplete="off" placeholder="DE123456789" ${marksOf(view, "tax_id")}></div>`;
}

/** The box of whoever must accept the terms. */
export function termsBox(view: FieldsView): Markup | string {
  const { expected, input } = view;
  if (!expected.terms) return "";
  return html`<label class="choice"><input type="checkbox" id="terms" name="terms" value="accepted" ${
    input.terms ? "checked" : ""
  } ${marksOf(view, "terms")}> I agree to the seller's terms of service</label>`;
}

const byName = new Intl.DisplayNames("en", { type: "language" });

/** Stripe's page would be in this language; the emulator's is in English. */
export function languageNote(locale: string | null): Markup | string {
  if (locale === null || locale === "auto") return "";
  return html`<p class="soft">At Stripe this page is in ${byName.of(locale)}.</p>`;
}
