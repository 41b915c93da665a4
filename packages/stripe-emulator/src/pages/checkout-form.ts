import type Stripe from "stripe";
import type { Payer } from "../billing/payment-method.ts";
import { findIban, type Instrument, readTestCard } from "../billing/test-cards.ts";

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
export type ReadInput =
  | { payer: Payer; instrument: Instrument | null }
  | { field: keyof CheckoutInput; message: string };

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

export const paysBySepa = (
  { payment_method: method, iban, card_number: card }: CheckoutInput,
  { takesCard, takesSepa }: Expected,
): boolean => takesSepa && (!takesCard || method === "sepa_debit" || (method === undefined && Boolean(iban) && !card));

type Problem = { field: keyof CheckoutInput; message: string };

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
