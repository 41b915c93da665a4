import type { NextPayment, OneSubscription } from "@turnpike/core/plan-change/schema";
import { createBilling } from "./buttons/client.ts";
import { locale } from "./locale.ts";

export const loadNextPayment = (one: OneSubscription): Promise<NextPayment> =>
  createBilling().post("/api/subscriptions/next-payment", one);

const WITHOUT_CARD = {
  cancel: "Your plan ends with its trial, unless you add a card.",
  pause: "Your plan pauses after its trial, unless you add a card.",
};

/** What to say where there is nothing that an amount could be charged to. */
export function adviceOn(
  { byInvoice, missingPaymentMethod, paymentMethod }: NextPayment,
  amount: number,
): string | undefined {
  if (missingPaymentMethod) return WITHOUT_CARD[missingPaymentMethod];
  return byInvoice || paymentMethod || amount <= 0 ? undefined : "There is no card to charge. Add one before then.";
}

const brands: Record<string, string | undefined> = {
  amex: "American Express",
  cartes_bancaires: "Cartes Bancaires",
  diners: "Diners Club",
  eftpos_au: "eftpos",
  jcb: "JCB",
  unionpay: "UnionPay",
};
const accounts: Record<string, string | undefined> = {
  us_bank_account: "bank account",
  sepa_debit: "bank account",
  bacs_debit: "bank account",
  au_becs_debit: "bank account",
  paypal: "PayPal",
  link: "Link",
};

/** What is paid with, as its owner calls it: "Visa ending in 4242". */
export function describeMethod({ type, brand, last4 }: NonNullable<NextPayment["paymentMethod"]>): string {
  const name = brand ? (brands[brand] ?? capitalised(brand)) : (accounts[type] ?? capitalised(type));
  return last4 ? `${name} ending in ${last4}` : name;
}

/** "12/2034", and whether that is over at that moment. */
export function describeExpiry(expires: string, now: Date): { text: string; isOver: boolean } {
  const [year, month] = expires.split("-").map(Number) as [number, number];
  const text = new Intl.DateTimeFormat(locale, { month: "2-digit", year: "numeric" }).format(new Date(year, month - 1));
  return { text, isOver: now >= new Date(year, month) };
}

const capitalised = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1).replaceAll("_", " ")}`;
