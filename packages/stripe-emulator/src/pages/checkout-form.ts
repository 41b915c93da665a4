import { html } from "hono/html";
import type Stripe from "stripe";
import type { Payer } from "../billing/payment-method.ts";
import { findIban, type Instrument, readTestCard } from "../billing/test-cards.ts";
import type { Markup } from "./layout.ts";

/** What the buyer typed, as it came. */
export type CheckoutInput = Partial<
  Record<
    | "email"
    | "name"
    | "payment_method"
    | "card_number"
    | "exp"
    | "cvc"
    | "iban"
    | "challenge"
    | "country"
    | "state"
    | "postal_code"
    | "tax_id"
    | "terms"
    | "action"
    | "promotion_code"
    | "expected_amount"
    | `custom_${string}`,
    string
  >
>;

/** What to charge, or what to tell the buyer and about which field. */
export type ReadInput = { payer: Payer; instrument: Instrument | null } | Problem;

export interface Problem {
  field: keyof CheckoutInput;
  /** The other fields that it is about. */
  also?: (keyof CheckoutInput)[];
  message: string;
}

export interface Expected {
  /** The e-mail that the session came with: the buyer can't change it. */
  email: string | null;
  asksForPayment: boolean;
  takesCard: boolean;
  takesSepa: boolean;
  /** Absent: the page does not ask for one. `known` is the customer's so far. */
  address?: { known: Stripe.Address | null };
  /** Absent: the page takes no tax id. */
  taxId?: { required: boolean };
  /** Whether the terms must be accepted. */
  terms: boolean;
}

export function readCheckoutInput(input: CheckoutInput, expected: Expected, now: Date): ReadInput {
  const email = expected.email ?? input.email?.trim() ?? "";
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
    return { field: "email", message: "Enter an e-mail address, such as you@example.com." };
  const payer = { email, name: input.name?.trim() || null };
  if (!expected.asksForPayment) return { payer, instrument: null };
  const instrument = paysBySepa(input, expected) ? readIban(input) : readCard(input, now);
  return "message" in instrument ? instrument : { payer, instrument };
}

/** What buyers know the fields as. */
export type Labels = Partial<Record<keyof CheckoutInput, string>>;

export const CARD_LABELS: Labels = { card_number: "card number", exp: "expiry", cvc: "security code" };

/** Names several empty fields at once. One alone is told about by what reads it. */
export function missingOf(input: CheckoutInput, asked: Labels): Problem | undefined {
  const names = (Object.keys(asked) as (keyof CheckoutInput)[]).filter((name) => !input[name]?.trim());
  const [field, ...also] = names;
  if (field === undefined || also.length === 0) return undefined;
  return { field, also, message: `Fill in ${inWords.format(names.map((name) => asked[name] ?? name))}.` };
}

const inWords = new Intl.ListFormat("en");

export const paysBySepa = (
  { payment_method: method, iban, card_number: card }: CheckoutInput,
  { takesCard, takesSepa }: Expected,
): boolean => takesSepa && (!takesCard || method === "sepa_debit" || (method === undefined && Boolean(iban) && !card));

function readIban({ iban = "" }: CheckoutInput): Instrument | Problem {
  const found = findIban(iban.replaceAll(/\s/g, "").toUpperCase());
  return found ?? { field: "iban", message: "Your IBAN is invalid. Use one of the test numbers." };
}

/** The card that was typed, or what is wrong with it. */
export function readCard(
  { card_number: number = "", exp = "", cvc = "" }: CheckoutInput,
  now: Date,
): Instrument | Problem {
  const [, month, year] = /^\s*(0?[1-9]|1[0-2])\s*\/?\s*(\d{4}|\d{2})\s*$/.exec(exp) ?? [];
  const typed = { number, expMonth: Number(month ?? 0), expYear: Number(year ?? 0), cvc: cvc.trim() };
  const missing = missingOf({ card_number: number, exp, cvc }, CARD_LABELS);
  if (missing) return missing;
  const card = readTestCard(typed, now);
  if ("type" in card) return card;
  if (card.param === "cvc") return { field: "cvc", message: card.message };
  if (card.param === "number" || card.param === undefined)
    return { field: "card_number", message: "Your card number is invalid. Use one of the test numbers." };
  return {
    field: "exp",
    message: month === undefined ? "Enter the expiry as MM / YY." : "Your card's expiration date is in the past.",
  };
}

/** What a field says of itself where something is wrong with it; the first such field has the focus. */
export const marksOf = ({ problem }: { problem?: Problem }, field: keyof CheckoutInput): Markup | string =>
  problem?.field === field || problem?.also?.includes(field)
    ? html`aria-invalid="true" aria-describedby="problem" ${problem.field === field ? "autofocus" : ""}`
    : "";
