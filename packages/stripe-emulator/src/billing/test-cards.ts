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
  | {
      type: "card";
      brand: string;
      funding: string;
      country: string;
      checks: { [K in keyof typeof CHECKS]: string | null };
      last4: string;
      expMonth: number;
      expYear: number;
    }
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
  "4000000000004954": declined("fraudulent"),
  "4100000000000019": declined("fraudulent"),
  "4000008400001629": DECLINED,
  "4000008260003178": NO_FUNDS,
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

/** https://docs.stripe.com/testing#international-cards */
const ABROAD: Record<string, string> = {
  "4000007840000001": "AE",
  "4000000400000008": "AT",
  "4000000360000006": "AU",
  "4000000560000004": "BE",
  "4000000760000002": "BR",
  "4000001240000000": "CA",
  "4000007560000009": "CH",
  "4000002760000016": "DE",
  "4000002080000001": "DK",
  "4000007240000007": "ES",
  "4000002460000001": "FI",
  "4000002500000003": "FR",
  "4000008260000000": "GB",
  "4000003440000004": "HK",
  "4000003720000005": "IE",
  "4000003560000008": "IN",
  "4000003800000008": "IT",
  "4000003920000003": "JP",
  "4000004840008001": "MX",
  "4000005280000002": "NL",
  "4000005780000007": "NO",
  "4000005540000008": "NZ",
  "4000006160000005": "PL",
  "4000006200000007": "PT",
  "4000007520000008": "SE",
  "4000007020000003": "SG",
};

const CHECKS = { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" };

/** What of a card was found not to be right: https://docs.stripe.com/testing#fraud-prevention */
const CHECKED: Record<string, Partial<Record<keyof typeof CHECKS, string>>> = {
  "4000000000000101": { cvc_check: "fail" },
  "4000000000000010": { address_line1_check: "fail", address_postal_code_check: "fail" },
  "4000000000000028": { address_line1_check: "fail" },
  "4000000000000036": { address_postal_code_check: "fail" },
  "4000000000000044": { address_line1_check: "unavailable", address_postal_code_check: "unavailable" },
};

const CARD_OUTCOMES: Record<string, PaymentOutcome> = {
  ...Object.fromEntries([...Object.keys(ABROAD), ...Object.keys(CHECKED)].map((number) => [number, "succeeds"])),
  ...Object.fromEntries(SUCCEEDS.flatMap(([, , ...numbers]) => numbers.map((number) => [number, "succeeds"]))),
  ...Object.fromEntries(Object.keys(DECLINES).map((number) => [number, "declined"])),
  // These are declined once the challenge is passed.
  "4000008400001629": "authenticates_always",
  "4000008260003178": "authenticates_always",
  "4000000000000077": "bypasses_pending",
  "4000000000000341": "attaches_only",
  "4000002500003155": "authenticates_once",
  "4000002760003184": "authenticates_always",
  "4000000000003063": "authenticates_always",
  "4000000000003220": "authenticates_always",
  "4000003800000446": "authenticates_on_session",
  "4000000000003055": "succeeds",
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

/** Ready-made methods (`pm_card_visa`) and tokens (`tok_visa`), as tests and Stripe's CLI use them, by the card number behind them. */
const NAMED: Record<string, string> = {
  visa: "4242424242424242",
  mastercard: "5555555555554444",
  amex: "378282246310005",
  chargeCustomerFail: "4000000000000341",
  visa_debit: "4000056655665556",
  mastercard_debit: "5200828282828210",
  mastercard_prepaid: "5105105105105100",
  discover: "6011111111111117",
  diners: "3056930009020004",
  jcb: "3566002020360505",
  unionpay: "6200000000000005",
  visa_chargeDeclined: "4000000000000002",
  visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  visa_chargeDeclinedLostCard: "4000000000009987",
  visa_chargeDeclinedStolenCard: "4000000000009979",
  visa_chargeDeclinedVelocityLimitExceeded: "4000000000006975",
  chargeDeclinedExpiredCard: "4000000000000069",
  chargeDeclinedIncorrectCvc: "4000000000000127",
  chargeDeclinedProcessingError: "4000000000000119",
  radarBlock: "4100000000000019",
  createDispute: "4000000000000259",
  createDisputeInquiry: "4000000000001976",
  createDisputeProductNotReceived: "4000000000002685",
  createIssuerFraudRecord: "4000000000005423",
  pendingRefund: "4000000000007726",
  refundFail: "4000000000005126",
  authenticationRequired: "4000002760003184",
  authenticationRequiredOnSetup: "4000002500003155",
  bypassPending: "4000000000000077",
  chargeDeclined: "4000000000000002",
  threeDSecure2Required: "4000000000003220",
  chargeDeclinedInsufficientFunds: "4000000000009995",
  visa_chargeDeclinedFraudulent: "4100000000000019",
  chargeDeclinedFraudulent: "4100000000000019",
  riskLevelHighest: "4000000000004954",
  threeDSecureRequired: "4000000000003063",
  threeDSecureOptional: "4000000000003055",
  threeDSecureRequiredChargeDeclined: "4000008400001629",
  authenticationRequiredChargeDeclinedInsufficientFunds: "4000008260003178",
  authenticationRequiredSetupForOffSession: "4000003800000446",
  cvcCheckFail: "4000000000000101",
  avsFail: "4000000000000010",
  avsLine1Fail: "4000000000000028",
  avsZipFail: "4000000000000036",
  avsUnchecked: "4000000000000044",
  us: "4242424242424242",
  ...Object.fromEntries(Object.entries(ABROAD).map(([number, country]) => [country.toLowerCase(), number])),
};

const DECLINING: readonly (PaymentOutcome | undefined)[] = ["declined", "attaches_only"];
const CHALLENGING: readonly (PaymentOutcome | undefined)[] = [
  "authenticates_once",
  "authenticates_always",
  "authenticates_on_session",
];
export const isDeclined = (outcome: PaymentOutcome | undefined): boolean => DECLINING.includes(outcome);
export const isChallenged = (outcome: PaymentOutcome | undefined): boolean => CHALLENGING.includes(outcome);

export function namedCardNumber(name: string): string | undefined {
  const card = /^(?:pm_card|tok)_(.+)$/.exec(name)?.[1] ?? "";
  return Object.hasOwn(NAMED, card) ? NAMED[card] : undefined;
}

/** What is printed on it; those that make trouble are of Visa. */
const kindOf = (number: string): { brand: string; funding: string } => {
  const [brand = "visa", funding = "credit"] = SUCCEEDS.find((row) => row.includes(number)) ?? [];
  return { brand, funding };
};

/** Undefined for a number that is not one of the test numbers. */
export function findCard(number: string, expMonth: number, expYear: number): Instrument | undefined {
  const outcome = Object.hasOwn(CARD_OUTCOMES, number) ? CARD_OUTCOMES[number] : undefined;
  if (outcome === undefined) return undefined;
  const decline = DECLINES[number];
  const printed = { ...kindOf(number), country: ABROAD[number] ?? "US", last4: number.slice(-4), expMonth, expYear };
  const checks = { ...CHECKS, ...CHECKED[number] };
  return { type: "card", outcome, ...(decline ? { decline } : {}), ...printed, checks };
}

export interface TypedCard {
  number: string;
  expMonth: number;
  /** Of two digits or of four. */
  expYear: number;
  /** Absent: it was not asked for. */
  cvc?: string | undefined;
}

/** What of a typed card is not as it must be. */
export type CardProblem = Decline & { param?: "number" | "exp_month" | "exp_year" | "cvc" };

/** One of the test cards, as it was typed; or what is wrong with it (https://docs.stripe.com/testing#invalid-data). */
export function readTestCard(
  { number: typed, expMonth, expYear, cvc }: TypedCard,
  now: Date,
): Instrument | CardProblem {
  const number = typed.replaceAll(/[\s-]/g, "");
  if (!passesLuhn(number))
    return { code: "incorrect_number", message: "Your card number is incorrect.", param: "number" };
  const year = fullYear(expYear);
  const problem = expiryProblem(expMonth, year, now);
  if (problem) return problem;
  const card = findCard(number, expMonth, year);
  if (!card) return LIVE_CARD;
  if (cvc === undefined || (kindOf(number).brand === "amex" ? /^\d{3,4}$/ : /^\d{3}$/).test(cvc)) return card;
  return { code: "invalid_cvc", message: "Your card's security code is invalid.", param: "cvc" };
}

/** Stripe's 402 for an expiry that no card has now; undefined: one may have it. */
export function expiryProblem(month: number, typedYear: number, now: Date): CardProblem | undefined {
  const [year, thisYear] = [fullYear(typedYear), now.getUTCFullYear()];
  if (year < thisYear || year > thisYear + FARTHEST_YEARS)
    return { code: "invalid_expiry_year", message: "Your card's expiration year is invalid.", param: "exp_year" };
  if (month >= 1 && month <= 12 && Date.UTC(year, month, 1) > now.getTime()) return undefined;
  return { code: "invalid_expiry_month", message: "Your card's expiration month is invalid.", param: "exp_month" };
}

const FARTHEST_YEARS = 50;

/** `34` → 2034. */
export const fullYear = (year: number): number => (year < 100 ? 2000 + year : year);

/** https://docs.stripe.com/declines/codes#test_mode_live_card */
const LIVE_CARD = declined(
  "test_mode_live_card",
  "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
);

/** https://en.wikipedia.org/wiki/Luhn_algorithm */
function passesLuhn(number: string): boolean {
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce((before, digit, index) => {
    const weighed = index % 2 === 0 ? digit : digit * 2;
    return before + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return /^\d{12,19}$/.test(number) && sum % 10 === 0;
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
    const country = card.country ?? "US";
    return { type: "card", outcome, brand, funding, country, checks: card.checks ?? CHECKS, last4, expMonth, expYear };
  }
  return {
    type: "sepa_debit",
    outcome,
    country: sepa?.country ?? "DE",
    last4: sepa?.last4 ?? "",
    bankCode: sepa?.bank_code ?? "",
  };
}

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
  const { brand, funding, country, checks, last4, expMonth, expYear } = instrument;
  return {
    type: "card",
    card: {
      brand,
      checks,
      country,
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
  const { brand, checks, country, exp_month, exp_year, fingerprint = null, funding, last4 } = card;
  return {
    type: "card",
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand,
      checks,
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
