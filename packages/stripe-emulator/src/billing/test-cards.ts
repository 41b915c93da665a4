import type Stripe from "stripe";
import type { PaymentOutcome } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";

/** How a card is declined (https://docs.stripe.com/declines/codes). */
export interface Decline {
  code: string;
  decline_code?: string;
  message: string;
}

/** What a payment method is made of: one of Stripe's test numbers (https://docs.stripe.com/testing). */
export type Instrument = { outcome: PaymentOutcome; decline?: Decline } & (
  | { type: "card"; brand: string; funding: string; last4: string; expMonth: number; expYear: number }
  | { type: "sepa_debit"; country: string; last4: string; bankCode: string }
);

const declined = (decline_code: string, message = "Your card was declined."): Decline => ({
  code: "card_declined",
  decline_code,
  message,
});

export const DECLINED = declined("generic_decline");
export const NO_FUNDS = declined("insufficient_funds", "Your card has insufficient funds.");

/** https://docs.stripe.com/testing#declined-payments */
const DECLINES: Record<string, Decline> = {
  "4000000000000002": DECLINED,
  "4000000000009995": NO_FUNDS,
  "4000000000009987": declined("lost_card"),
  "4000000000009979": declined("stolen_card"),
  "4000000000006975": declined("card_velocity_exceeded"),
  "4100000000000019": declined("fraudulent"),
  "4000000000000069": { code: "expired_card", message: "Your card has expired." },
  "4000000000000127": { code: "incorrect_cvc", message: "Your card's security code is incorrect." },
  "4000000000000119": {
    code: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
  },
};

const SUCCEEDS = [
  ["visa", "credit", "4242424242424242"],
  ["visa", "debit", "4000056655665556"],
  ["mastercard", "credit", "5555555555554444", "2223003122003222"],
  ["mastercard", "debit", "5200828282828210"],
  ["mastercard", "prepaid", "5105105105105100"],
  ["amex", "credit", "378282246310005", "371449635398431"],
  ["discover", "credit", "6011111111111117", "6011000990139424"],
  ["discover", "debit", "6011981111111113"],
  ["diners", "credit", "3056930009020004", "36227206271667"],
  ["jcb", "credit", "3566002020360505"],
  ["unionpay", "credit", "6200000000000005"],
  ["unionpay", "debit", "6200000000000047"],
];

const CARD_OUTCOMES: Record<string, PaymentOutcome> = {
  ...Object.fromEntries(SUCCEEDS.flatMap(([, , ...numbers]) => numbers.map((number) => [number, "succeeds"]))),
  ...Object.fromEntries(Object.keys(DECLINES).map((number) => [number, "declined"])),
  "4000000000000077": "bypasses_pending",
  "4000000000000341": "attaches_only",
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
  pm_card_visa_debit: "4000056655665556",
  pm_card_mastercard_debit: "5200828282828210",
  pm_card_mastercard_prepaid: "5105105105105100",
  pm_card_discover: "6011111111111117",
  pm_card_diners: "3056930009020004",
  pm_card_jcb: "3566002020360505",
  pm_card_unionpay: "6200000000000005",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_visa_chargeDeclinedLostCard: "4000000000009987",
  pm_card_visa_chargeDeclinedStolenCard: "4000000000009979",
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: "4000000000006975",
  pm_card_chargeDeclinedExpiredCard: "4000000000000069",
  pm_card_chargeDeclinedIncorrectCvc: "4000000000000127",
  pm_card_chargeDeclinedProcessingError: "4000000000000119",
  pm_card_radarBlock: "4100000000000019",
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
  tok_visa_debit: "4000056655665556",
  tok_mastercard: "5555555555554444",
  tok_amex: "378282246310005",
  tok_discover: "6011111111111117",
  tok_visa_chargeDeclined: "4000000000000002",
  tok_visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  tok_chargeDeclinedInsufficientFunds: "4000000000009995",
  tok_chargeDeclinedExpiredCard: "4000000000000069",
  tok_chargeDeclinedIncorrectCvc: "4000000000000127",
  tok_chargeDeclinedProcessingError: "4000000000000119",
  tok_chargeDeclined: "4000000000000002",
};

const DECLINING: readonly (PaymentOutcome | undefined)[] = ["declined", "attaches_only"];
const CHALLENGING: readonly (PaymentOutcome | undefined)[] = ["authenticates_once", "authenticates_always"];
export const isDeclined = (outcome: PaymentOutcome | undefined): boolean => DECLINING.includes(outcome);
export const isChallenged = (outcome: PaymentOutcome | undefined): boolean => CHALLENGING.includes(outcome);

export const namedCardNumber = (name: string): string | undefined =>
  Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;

/** What is printed on it; those that make trouble are of Visa. */
const kindOf = (number: string): { brand: string; funding: string } => {
  const [brand = "visa", funding = "credit"] = SUCCEEDS.find((row) => row.includes(number)) ?? [];
  return { brand, funding };
};

/** Undefined for a number that is not one of the test numbers: as at Stripe, real cards do not work here. */
export function findCard(number: string, expMonth: number, expYear: number): Instrument | undefined {
  const outcome = Object.hasOwn(CARD_OUTCOMES, number) ? CARD_OUTCOMES[number] : undefined;
  if (outcome === undefined) return undefined;
  const decline = DECLINES[number];
  const printed = { ...kindOf(number), last4: number.slice(-4), expMonth, expYear };
  return { type: "card", outcome, ...(decline ? { decline } : {}), ...printed };
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
    const { brand, funding, last4, exp_month: expMonth, exp_year: expYear } = card;
    return { type: "card", outcome, brand, funding, last4, expMonth, expYear };
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
  const { brand, funding, last4, expMonth, expYear } = instrument;
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
      funding,
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
