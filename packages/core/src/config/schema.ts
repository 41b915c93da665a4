import * as z from "zod/mini";

const text = (what: string) => z.string(`${what} must be text`).check(z.trim(), z.minLength(1, `${what} is empty`));
const flag = (what: string) => z.optional(z.boolean(`${what} must be true or false`));

/** Stripe's limit of what stands in metadata. A character beyond the first 65,536 counts as two: Stripe does not say how it counts those. */
export const ofMetadata = (message: string) =>
  [z.maxLength(500, message), z.refine<string>((value) => value.length <= 500, message)] as const;

/** Of ISO 4217, as Stripe writes it. */
export const CURRENCY = /^[a-z]{3}$/;
export const currencyCode = z.string("currency must be text").check(
  z.regex(CURRENCY, { error: 'currency must be three small letters, such as "usd"', abort: true }),
  z.refine(
    (code) => Intl.supportedValuesOf("currency").includes(code.toUpperCase()),
    'no money is called so: currency must be a code of ISO 4217, such as "usd"',
  ),
);

/** The languages of Stripe's page: https://docs.stripe.com/js/appendix/supported_locales */
const LOCALES = [
  "auto",
  "bg",
  "cs",
  "da",
  "de",
  "el",
  "en",
  "en-GB",
  "es",
  "es-419",
  "et",
  "fi",
  "fil",
  "fr",
  "fr-CA",
  "hi-IN",
  "hr",
  "hu",
  "id",
  "it",
  "ja",
  "ko",
  "lt",
  "lv",
  "ms",
  "mt",
  "nb",
  "nl",
  "pl",
  "pt",
  "pt-BR",
  "ro",
  "ru",
  "sk",
  "sl",
  "sv",
  "th",
  "tr",
  "vi",
  "zh",
  "zh-HK",
  "zh-TW",
] as const;

/** How many further keys a sale may bring: Stripe takes 50 in all, and a function's whole environment is 4 KB. */
const MOST_KEYS = 20;
/** What Turnpike writes itself, to tell whose a purchase is and what it was. */
const OWN_KEYS = ["user_id", "user_email", "organization_id", "sold_by", "price_id", "purchase"];

const MetadataKey = text("a key").check(
  z.regex(/^[\w-]{1,40}$/, 'a key may hold letters, digits, "_" and "-", 40 at the most'),
  z.refine((key) => !OWN_KEYS.includes(key), "Turnpike writes this key itself"),
  z.refine((key) => key !== "__proto__", "nothing can be kept under this key in JavaScript: choose another"),
);

/** How Stripe Checkout is opened. What is left out is as without this file. */
export const CheckoutOptions = z.strictObject({
  /** Where buyers pay: on Stripe's page, or on one of yours that shows it. Absent: on Stripe's. A request may say otherwise. */
  page: z.optional(z.enum(["hosted", "embedded"], "page must be hosted or embedded")),
  /** Whether Stripe Tax works out the tax. Absent: it does. */
  automaticTax: flag("automaticTax"),
  /** Whether businesses may give their tax id; "required": they must, where Stripe knows the kind. */
  taxIds: z.optional(z.union([z.boolean(), z.literal("required")], 'taxIds must be true, false or "required"')),
  /** Whether the page takes promotion codes. Absent: it does, unless there is a coupon. */
  promotionCodes: flag("promotionCodes"),
  /** The id of a coupon that every sale gets, in the place of promotion codes. */
  coupon: z.optional(text("coupon")),
  /** What is sold in, of prices that have it; others are sold in their own. A request may name another. */
  currency: z.optional(currencyCode),
  /** The page's language. Absent: the browser's. */
  locale: z.optional(z.enum(LOCALES, `locale must be one of ${LOCALES.join(", ")}`)),
  /** Whether buyers must accept your terms, whose address stands in Stripe's public business details. */
  terms: flag("terms"),
  /** Whether the page asks for the whole address, or for what is needed. */
  billingAddress: z.optional(z.enum(["auto", "required"], "billingAddress must be auto or required")),
  /** Whether what is paid once has an invoice. What recurs always has. */
  invoices: flag("invoices"),
  /** Keys that a sale may bring along, such as "referral"; they are in the metadata of what Stripe makes of it. */
  metadata: z.optional(
    z
      .array(MetadataKey, "metadata must be a list of keys")
      .check(z.maxLength(MOST_KEYS, `metadata may have ${MOST_KEYS} keys at the most`)),
  ),
});
export type CheckoutOptions = z.infer<typeof CheckoutOptions>;
