import { html } from "hono/html";
import { type CustomField, misfitOf } from "../resources/custom-fields.ts";
import { type CheckoutInput, marksOf, type Problem } from "./checkout-form.ts";
import type { TypedView } from "./checkout-page.ts";
import type { Markup } from "./layout.ts";

export const nameOf = ({ key }: CustomField) => `custom_${key}` as const;

/** The fields as the buyer filled them in, or what is wrong with the first that cannot be so. */
export function readCustomFields(input: CheckoutInput, fields: readonly CustomField[]): CustomField[] | Problem {
  const filled: CustomField[] = [];
  for (const field of fields) {
    const value = input[nameOf(field)]?.trim() || null;
    const wrong = value === null ? (field.optional ? undefined : "Fill this in.") : misfit(field, value);
    if (wrong !== undefined) return { field: nameOf(field), message: `${field.label.custom}: ${wrong}` };
    const { dropdown, numeric, text } = field;
    filled.push({
      ...field,
      ...(dropdown ? { dropdown: { ...dropdown, value } } : {}),
      ...(numeric ? { numeric: { ...numeric, value } } : {}),
      ...(text ? { text: { ...text, value } } : {}),
    });
  }
  return filled;
}

function misfit({ dropdown, numeric, text }: CustomField, value: string): string | undefined {
  if (dropdown) return dropdown.options.some((option) => option.value === value) ? undefined : "Choose one of these.";
  return numeric ? misfitOf("numeric", numeric, value) : text && misfitOf("text", text, value);
}

/** What the seller asks for besides. */
export const customFieldInputs = (view: TypedView, fields: readonly CustomField[]): Markup =>
  html`${fields.map((field) => input(view, field))}`;

function input(view: TypedView, field: CustomField): Markup {
  const { dropdown, label, numeric, optional, text } = field;
  const name = nameOf(field);
  const value = view.input[name] ?? (dropdown ?? numeric ?? text)?.default_value ?? "";
  const wrong = marksOf(view, name);
  const shown = dropdown
    ? html`<select id="${name}" name="${name}" ${wrong}><option value=""></option>${dropdown.options.map(
        (option) =>
          html`<option value="${option.value}" ${option.value === value ? "selected" : ""}>${option.label}</option>`,
      )}</select>`
    : html`<input id="${name}" name="${name}" value="${value}" inputmode="${numeric ? "numeric" : "text"}" autocomplete="off" ${wrong}>`;
  return html`<div class="field"><label for="${name}">${label.custom}${optional ? " (optional)" : ""}</label>${shown}</div>`;
}
