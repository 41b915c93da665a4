import * as z from "zod/mini";
import { MOST_OF_ONE, STRIPE_ID } from "../catalog/schema.ts";
import { CURRENCY, ofMetadata } from "../config/schema.ts";
import { organizationId } from "../payer/schema.ts";

const text = (message: string) => z.string(message).check(z.trim(), z.minLength(1, message));

// A price that was once a plan has the id that its maker gave it: `gold-monthly`, `plan_…`.
const PRICE_ID = /^(?!(?:undefined|null|price_)$|prod_)[!-~]{1,255}$/;

const QUANTITY = `Quantity must be a whole number from 1 to ${MOST_OF_ONE}`;
/** How many of one thing. */
export const quantity = z.int(QUANTITY).check(z.gte(1, QUANTITY), z.lte(MOST_OF_ONE, QUANTITY));
const priceId = text("Price ID is required").check(z.regex(STRIPE_ID, "Price ID is required"));
const ordered = {
  priceId,
  /** Absent, as many as are sold at least: `min_quantity` in the metadata of the price or its product, or one. */
  quantity: z.optional(quantity),
  /** The buyer may choose another quantity on Stripe's page, within the same bounds. */
  adjustableQuantity: z.optional(z.boolean("Adjustable quantity must be true or false")),
};
const MOST_ITEMS = 39;
const TOO_MANY = `Items may be ${MOST_ITEMS} at the most`;
const ITEMS = "Items must be a list of prices, each with its price ID";

const IN_CURRENCY = "Currency must be three small letters, such as usd";
/** What all of it is paid in. Absent: as `billing.config.ts` says, else in the prices' own. */
const currency = z.optional(z.string(IN_CURRENCY).check(z.regex(CURRENCY, IN_CURRENCY)));

const METADATA = "A sale's metadata are texts of 500 characters at the most";

/** What the product wants to know of a sale. Which keys it takes stands in `billing.config.ts`. */
const metadata = z.optional(
  z.record(z.string(), z.string(METADATA).check(z.minLength(1, METADATA), ...ofMetadata(METADATA)), METADATA),
);

/** The form fields of `POST /api/checkout_sessions`. An unset variable in a template arrives as the word "undefined". */
export const CheckoutForm = z.object({
  price_id: z.string("Valid price ID is required").check(z.regex(PRICE_ID, "Valid price ID is required")),
  quantity: z.optional(z.string(QUANTITY).check(z.regex(/^[1-9]\d{0,5}$/, QUANTITY))),
  organization_id: organizationId,
  currency,
  metadata,
});

const REDIRECTS_REQUIRED = "Success and cancel URLs are required";
const MODE_REQUIRED =
  "Mode is required (either 'payment' for one-time payments or 'subscription' for recurring subscription)";

/** The body of `POST /api/stripe/create-checkout`. Its texts are part of the interface; the first that applies is answered. */
export const CreateCheckout = z.object({
  ...ordered,
  successUrl: text(REDIRECTS_REQUIRED),
  cancelUrl: text(REDIRECTS_REQUIRED),
  mode: z.enum(["payment", "subscription"], MODE_REQUIRED),
  organizationId,
  /** What is bought beside it: add-ons of the same interval, and what is paid once. */
  items: z.optional(z.array(z.object(ordered, ITEMS), ITEMS).check(z.maxLength(MOST_ITEMS, TOO_MANY))),
  currency,
  metadata,
  /** Absent: as `billing.config.ts` says. */
  page: z.optional(z.enum(["hosted", "embedded"], "Page must be hosted or embedded")),
});
export type CreateCheckout = z.infer<typeof CreateCheckout>;

/** The path parameter of `GET /api/checkout_sessions/{id}`. */
export const CheckoutSessionId = z.object({ id: z.string().check(z.regex(/^cs_\w{1,252}$/)) });

/**
 * Where a purchase stands. `complete` is paid (or free); `processing` is a delayed payment under way, `failed` one that
 * failed; `open` is not paid yet.
 */
export const CheckoutOutcome = z.enum(["open", "processing", "complete", "failed", "expired"]);
export type CheckoutOutcome = z.infer<typeof CheckoutOutcome>;

/** The answer of `GET /api/checkout_sessions/{id}`. Amounts are in the smallest unit of `currency` (ISO 4217, lower case). */
export const CheckoutSummary = z.object({
  id: z.string(),
  status: CheckoutOutcome,
  mode: z.enum(["payment", "subscription"]),
  amountTotal: z.nullable(z.int()),
  currency: z.nullable(z.string()),
  items: z.array(z.object({ description: z.string(), quantity: z.int(), amountTotal: z.int() })),
  /** Where it is read that it is paid; null before there is one. Absent for guests: a receipt has a name and an address in it. */
  receiptUrl: z.optional(z.nullable(z.url())),
});
export type CheckoutSummary = z.infer<typeof CheckoutSummary>;

/** The answer of `POST /api/stripe/create-checkout`: where to send the browser, or what to mount the page with that is embedded. */
export const CheckoutAnswer = z.union([
  z.object({ url: z.url() }),
  z.object({ clientSecret: z.string().check(z.minLength(1)) }),
]);
export type CheckoutAnswer = z.infer<typeof CheckoutAnswer>;

/** The answer of the routes that send the browser elsewhere. */
export const RedirectAnswer = z.object({ url: z.url() });
export type RedirectAnswer = z.infer<typeof RedirectAnswer>;
