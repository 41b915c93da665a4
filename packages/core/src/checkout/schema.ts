import * as z from "zod/mini";
import { STRIPE_ID } from "../catalog/schema.ts";
import { organizationId } from "../payer/schema.ts";

const text = (message: string) => z.string(message).check(z.trim(), z.minLength(1, message));

// A price that was once a plan has the id that its maker gave it: `gold-monthly`, `plan_…`.
const PRICE_ID = /^(?!(?:undefined|null|price_)$|prod_)[!-~]{1,255}$/;

/** The form field of `POST /api/checkout_sessions`. An unset variable in a template arrives as the word "undefined". */
export const CheckoutForm = z.object({
  price_id: z.string("Valid price ID is required").check(z.regex(PRICE_ID, "Valid price ID is required")),
  organization_id: organizationId,
});

const REDIRECTS_REQUIRED = "Success and cancel URLs are required";
const MODE_REQUIRED =
  "Mode is required (either 'payment' for one-time payments or 'subscription' for recurring subscription)";

/** The body of `POST /api/stripe/create-checkout`. Its texts are part of the interface; the first that applies is answered. */
export const CreateCheckout = z.object({
  priceId: text("Price ID is required").check(z.regex(STRIPE_ID, "Price ID is required")),
  successUrl: text(REDIRECTS_REQUIRED),
  cancelUrl: text(REDIRECTS_REQUIRED),
  mode: z.enum(["payment", "subscription"], MODE_REQUIRED),
  organizationId,
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
});
export type CheckoutSummary = z.infer<typeof CheckoutSummary>;

/** The answer of the routes that send the browser elsewhere. */
export const RedirectAnswer = z.object({ url: z.url() });
export type RedirectAnswer = z.infer<typeof RedirectAnswer>;
