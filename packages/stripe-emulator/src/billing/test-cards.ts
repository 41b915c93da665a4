import type Stripe from "stripe";
import type { PaymentOutcome } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";

/** What a payment method is made of: one of Stripe's test numbers (https://docs.stripe.com/testing). */
export type Instrument = { outcome: PaymentOutcome } & (
  | { type: "card"; brand: string; last4: string; expMonth: number; expYear: number }
  | { type: "sepa_debit"; country: string; last4: string; bankCode: string }
);

const CARD_OUTCOMES: Record<string, PaymentOutcome> = {
  "4242424242424242": "succeeds",
  "5555555555554444": "succeeds",
  "378282246310005": "succeeds",
  "4000000000000002": "declined",
  "4000000000000341": "attaches_only",
  "4000000000000077": "succeeds",
  "4000002500003155": "authenticates_once",
  "4000002760003184": "authenticates_always",
  "4000000000003220": "authenticates_always",
  "4000000000000259": "disputed",
  "4000000000001976": "inquired",
  "4000000000002685": "not_received",
  "4000000000005126": "refund_fails",
  "4000000000005423": "fraud_warned",
  "4000000000007726": "refund_waits",
};

const IBAN_OUTCOMES: Record<string, PaymentOutcome> = {
  DE89370400440532013000: "settles",
  DE62370400440532013001: "fails_later",
  AT611904300234573201: "settles",
  AT321904300235473204: "settles",
  AT861904300235473202: "fails_later",
  // What the CLI's fixture of a failing debit sends.
  IT60X0542811101000000123456: "fails_later",
};

/** Ready-made methods and tokens, as tests and Stripe's CLI use them, by the card number behind them. */
const NAMED: Record<string, string> = {
  pm_card_visa: "4242424242424242",
  pm_card_mastercard: "5555555555554444",
  pm_card_amex: "378282246310005",
  pm_card_chargeCustomerFail: "4000000000000341",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_createDispute: "4000000000000259",
  pm_card_createDisputeInquiry: "4000000000001976",
  pm_card_createDisputeProductNotReceived: "4000000000002685",
  pm_card_createIssuerFraudRecord: "4000000000005423",
  pm_card_pendingRefund: "4000000000007726",
  pm_card_refundFail: "4000000000005126",
  pm_card_authenticationRequired: "4000002760003184",
  pm_card_authenticationRequiredOnSetup: "4000002500003155",
  pm_card_bypassPending: "4000000000000077",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_threeDSecure2Required: "4000000000003220",
  tok_chargeCustomerFail: "4000000000000341",
  tok_createDispute: "4000000000000259",
  tok_visa: "4242424242424242",
  tok_chargeDeclined: "4000000000000002",
};

const DECLINING: readonly (PaymentOutcome | undefined)[] = ["declined", "attaches_only"];
const CHALLENGING: readonly (PaymentOutcome | undefined)[] = ["authenticates_once", "authenticates_always"];
export const isDeclined = (outcome: PaymentOutcome | undefined): boolean => DECLINING.includes(outcome);
export const isChallenged = (outcome: PaymentOutcome | undefined): boolean => CHALLENGING.includes(outcome);

export const namedCardNumber = (name: string): string | undefined =>
  Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;

const brandOf = (number: string) => (number.startsWith("37") ? "amex" : number.startsWith("5") ? "mastercard" : "visa");

/** Undefined for a number that is not one of the test numbers: as at Stripe, real cards do not work here. */
export function findCard(number: string, expMonth: number, expYear: number): Instrument | undefined {
  const outcome = Object.hasOwn(CARD_OUTCOMES, number) ? CARD_OUTCOMES[number] : undefined;
  return outcome && { type: "card", outcome, brand: brandOf(number), last4: number.slice(-4), expMonth, expYear };
}

export function findIban(iban: string): Instrument | undefined {
  const outcome = Object.hasOwn(IBAN_OUTCOMES, iban) ? IBAN_OUTCOMES[iban] : undefined;
  return (
    outcome && {
      type: "sepa_debit",
      outcome,
      country: iban.slice(0, 2),
      last4: iban.slice(-4),
      bankCode: iban.slice(4, 12),
    }
  );
}

/** What an existing method is made of. */
export function instrumentOf(
  outcome: PaymentOutcome,
  { card, sepa_debit: sepa }: Stored<Stripe.PaymentMethod>,
): Instrument {
  if (card) {
    const { brand, last4, exp_month: expMonth, exp_year: expYear } = card;
    return { type: "card", outcome, brand, last4, expMonth, expYear };
  }
  return {
    type: "sepa_debit",
    outcome,
    country: sepa?.country ?? "DE",
    last4: sepa?.last4 ?? "",
    bankCode: sepa?.bank_code ?? "",
  };
}

const CHECKS = { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" };

/** The part of a payment method that its type names. */
export function methodFields(
  instrument: Instrument,
): Pick<Stored<Stripe.PaymentMethod>, "type" | "card" | "sepa_debit"> {
  if (instrument.type === "sepa_debit") {
    const { country, last4, bankCode } = instrument;
    const sepa = {
      bank_code: bankCode,
      branch_code: "",
      country,
      fingerprint: `iban${last4}`,
      generated_from: null,
      last4,
    };
    return { type: "sepa_debit", sepa_debit: sepa };
  }
  const { brand, last4, expMonth, expYear } = instrument;
  return {
    type: "card",
    card: {
      brand,
      checks: CHECKS,
      country: "US",
      display_brand: brand,
      exp_month: expMonth,
      exp_year: expYear,
      fingerprint: `card${last4}`,
      funding: "credit",
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
}

/** The same, as a charge shows it. */
export function chargeDetails(method: Stored<Stripe.PaymentMethod>): Stored<Stripe.Charge.PaymentMethodDetails> {
  const { card, sepa_debit: sepa } = method;
  if (sepa) {
    const { bank_code, branch_code, country, fingerprint, last4 } = sepa;
    return { type: "sepa_debit", sepa_debit: { bank_code, branch_code, country, fingerprint, last4, mandate: null } };
  }
  if (!card) return { type: method.type };
  const { brand, country, exp_month, exp_year, fingerprint = null, funding, last4 } = card;
  return {
    type: "card",
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand,
      checks: CHECKS,
      country,
      electronic_commerce_indicator: null,
      exp_month,
      exp_year,
      fingerprint,
      funding,
      installments: null,
      last4,
      mandate: null,
      network: brand,
      network_transaction_id: null,
      regulated_status: "unregulated",
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}
