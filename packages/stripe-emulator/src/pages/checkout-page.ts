import { html } from "hono/html";
import type Stripe from "stripe";
import { formatMoney } from "../billing/money.ts";
import type { Renewals } from "../billing/session-pricing.ts";
import type { SessionDetails } from "../state/selling.ts";
import type { Stored } from "../state/stored.ts";
import { addressFields } from "./checkout-address.ts";
import { languageNote, taxIdField, termsBox } from "./checkout-business.ts";
import { customFieldInputs } from "./checkout-custom-fields.ts";
import { type CheckoutInput, type Expected, marksOf, type Problem, paysBySepa } from "./checkout-form.ts";
import { lineList } from "./checkout-lines.ts";
import { headline, terms } from "./checkout-terms.ts";
import { amounts, codeForm } from "./checkout-totals.ts";
import { badge, type Markup } from "./layout.ts";
import { formatDate } from "./money.ts";

export interface CheckoutView {
  session: Stored<Stripe.Checkout.Session>;
  /** What is charged today. */
  due: number;
  details: SessionDetails;
  expected: Expected;
  input: CheckoutInput;
  problem?: Problem;
  quantityProblem?: string | undefined;
  /** What its discount is called; empty where it has none. */
  discountName: string;
  renewals: Renewals;
  /** What is paid by use costs, by the line's id. */
  rates: ReadonlyMap<string, string>;
  /** Of the trial that it offers; null: it offers none. */
  trialDays: number | null;
}

export const checkoutPage = (view: CheckoutView): Markup => html`<main class="columns">
<section class="summary stack" aria-label="Order summary">${summary(view)}</section>
<section class="stack" aria-label="Payment">${payment(view)}</section>
</main>`;

function summary(view: CheckoutView): Markup {
  const { session, details, quantityProblem, renewals, rates } = view;
  const { lineItems } = details;
  const back = session.cancel_url ? html`<a href="${session.cancel_url}">← Back</a>` : "";
  if (session.mode === "setup") {
    return html`${back}<div class="row"><h1>Save payment details</h1>${badge}</div>
<p>They are kept for later payments. Nothing is charged now.</p>`;
  }
  const currency = session.currency ?? "usd";
  const renewing = lineItems.filter((item) => item.price?.recurring);
  const [first = lineItems[0]] = renewing;
  const recurring = first?.price?.recurring;
  const mixed = renewing.length > 0 && renewing.length < lineItems.length;
  return html`${back}
<div class="row"><h1>${recurring ? "Subscribe to" : "Pay for"} ${first?.description}</h1>${badge}</div>
${renewing.length > 0 && renewing.every(({ id }) => rates.has(id)) ? html`<p class="price"><small>${rates.get(first?.id ?? "")}</small></p>` : recurring ? terms(renewals, { currency, recurring, days: view.trialDays }) : headline(session.amount_total ?? 0, currency)}
${anchorNote(details)}
${lineList(lineItems, { currency, mixed, rates, problem: quantityProblem })}
${amounts(view)}
<p class="total"><span>Total due today</span><span>${formatMoney(view.due, currency)}</span></p>
${codeForm(view)}`;
}

function anchorNote({ subscriptionData: { anchor } }: SessionDetails): Markup | string {
  return anchor === undefined ? "" : html`<p>Whole periods begin on ${formatDate(anchor)}.</p>`;
}

const verbOf = ({ session: { mode, amount_total: total }, details }: CheckoutView) =>
  mode === "setup"
    ? "Save"
    : mode === "payment"
      ? "Pay"
      : total === 0 && details.subscriptionData.anchor === undefined
        ? "Start trial"
        : "Subscribe";

function payment(view: CheckoutView): Markup {
  const { session, expected, problem } = view;
  const way = [expected.takesCard ? ["card"] : [], expected.takesSepa ? ["bank account"] : []].flat().join(" or ");
  return html`<h2>${session.mode === "setup" ? `Your ${way}` : `Pay with ${way}`}</h2>
${problem && problem.field !== "promotion_code" ? html`<p class="error" role="alert" id="problem">${problem.message}</p>` : ""}
<form class="stack" method="post">${session.mode === "setup" ? "" : html`<input type="hidden" name="expected_amount" value="${view.due}">`}
${field(view, "email", "E-mail", { type: "email", autocomplete: "email", fixed: expected.email })}
${expected.asksForPayment ? methodFields(view) : ""}
${field(view, "name", "Name", { autocomplete: "name" })}
${addressFields(view)}
${taxIdField(view)}
${customFieldInputs(view, session.custom_fields)}
${termsBox(view)}
<button class="main" type="submit">${verbOf(view)}</button>
</form>
${languageNote(session.locale)}
<details open><summary>Test numbers</summary><dl>
<dt>Succeeds</dt><dd><code>4242 4242 4242 4242</code></dd>
<dt>3D Secure</dt><dd><code>4000 0025 0000 3155</code></dd>
<dt>Declined</dt><dd><code>4000 0000 0000 0002</code></dd>
${expected.takesSepa ? html`<dt>Settles later</dt><dd><code>DE89370400440532013000</code></dd><dt>Fails later</dt><dd><code>DE62370400440532013001</code></dd>` : ""}
</dl><p class="soft">Any expiry to come, any security code. No money moves.</p></details>`;
}

/** What was typed, and what is wrong with it. */
export type TypedView = Pick<CheckoutView, "input" | "problem">;
/** The fields that depend on what is asked for. */
export type FieldsView = TypedView & Pick<CheckoutView, "expected">;

export function methodFields(view: FieldsView): Markup {
  const sepa = paysBySepa(view.input, view.expected);
  const iban = field(view, "iban", "IBAN", { placeholder: "DE89 3704 0044 0532 0130 00" });
  if (!view.expected.takesCard) return iban;
  const card = cardFields(view);
  if (!view.expected.takesSepa) return card;
  return html`<fieldset><legend>Payment method</legend>
<label class="choice"><input type="radio" name="payment_method" id="by-card" value="card" ${sepa ? "" : "checked"}> Card</label>
<label class="choice"><input type="radio" name="payment_method" id="by-sepa" value="sepa_debit" ${sepa ? "checked" : ""}> SEPA Direct Debit</label>
</fieldset>${card}<div class="sepa">${iban}</div>`;
}

export const cardFields = (view: TypedView): Markup => html`<div class="stack card">
${field(view, "card_number", "Card number", { autocomplete: "cc-number", inputmode: "numeric", placeholder: "4242 4242 4242 4242" })}
<div class="pair">${field(view, "exp", "Expiry", { autocomplete: "cc-exp", inputmode: "numeric", placeholder: "MM / YY" })}
${field(view, "cvc", "Security code", { autocomplete: "cc-csc", inputmode: "numeric", placeholder: "CVC" })}</div></div>`;

/** A form that takes a card; `verb` is on its button. */
export const cardForm = (view: TypedView, verb: string): Markup => html`<form class="stack" method="post">
${view.problem ? html`<p class="error" role="alert" id="problem">${view.problem.message}</p>` : ""}
${cardFields(view)}
<button class="main" type="submit">${verb}</button>
</form>`;

interface FieldOptions {
  type?: string;
  autocomplete?: string;
  inputmode?: string;
  placeholder?: string;
  fixed?: string | null;
}

function field(view: TypedView, name: keyof CheckoutInput, label: string, options: FieldOptions): Markup {
  return html`<div class="field"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${options.type ?? "text"}" value="${options.fixed ?? view.input[name] ?? ""}" autocomplete="${options.autocomplete ?? "off"}"
 inputmode="${options.inputmode ?? "text"}" placeholder="${options.placeholder ?? ""}" ${options.fixed ? "readonly" : ""} ${marksOf(view, name)}></div>`;
}
