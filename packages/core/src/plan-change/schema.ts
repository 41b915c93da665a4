import * as z from "zod/mini";
import { STRIPE_ID } from "../catalog/schema.ts";
import { quantity } from "../checkout/schema.ts";
import { ErrorAnswer } from "../errors/schema.ts";
import { organizationId } from "../payer/schema.ts";
import { subscriptionId } from "../portal/schema.ts";

const PRICE = "Price ID is required";
const TOKEN = "The preview's token is required";

const subscription = { organizationId, subscriptionId };
const target = {
  ...subscription,
  /** What the subscription is to cost from then on; of the group of what it costs now. */
  priceId: z.string(PRICE).check(z.regex(STRIPE_ID, PRICE)),
  /** Absent, it stays. */
  quantity: z.optional(quantity),
};

/** The body of `POST /api/subscriptions/preview-change`. */
export const PreviewChange = z.object(target);
export type PreviewChange = z.infer<typeof PreviewChange>;

/** The body of `POST /api/subscriptions/change`. */
export const ChangePlan = z.object({
  ...target,
  /** The preview's: what it showed is what is done, or nothing is. */
  token: z.string(TOKEN).check(z.regex(/^[0-9a-z]{1,9}\.[0-9a-f]{64}$/, TOKEN)),
});
export type ChangePlan = z.infer<typeof ChangePlan>;

/** The body of `POST /api/subscriptions/cancel`, `resume` and `next-payment`. */
export const OneSubscription = z.object(subscription);
export type OneSubscription = z.infer<typeof OneSubscription>;

const moment = z.iso.datetime({ offset: true });
/** A price, and how many of it; nobody says how many of what is paid by use. */
const Part = z.object({ priceId: z.string(), quantity: z.nullable(z.int()) });

/** The answer of `POST /api/subscriptions/preview-change`. Amounts are in the smallest unit of `currency` (ISO 4217, lower case). */
export const ChangePreview = z.object({
  /** Makes just this change, for half an hour. */
  token: z.string(),
  subscriptionId: z.string(),
  from: Part,
  to: Part,
  /** At once, or with the next period. */
  effective: z.enum(["now", "period_end"]),
  effectiveAt: moment,
  currency: z.string(),
  /** What is charged at once. */
  amountDue: z.int(),
  /** Of what is invoiced at once: after discounts and with taxes, before the customer's credit. Negative, it is to their credit. */
  total: z.int(),
  discount: z.int(),
  /** Those that the prices include, too. */
  tax: z.int(),
  /** What is left to the customer's credit afterwards. */
  credit: z.int(),
  /** What is invoiced at once, each before discounts; ten at the most. */
  lines: z.array(
    z.object({
      description: z.string(),
      amount: z.int(),
      /** For a part of a period: taken back, or charged. */
      proration: z.boolean(),
      periodStart: moment,
      periodEnd: moment,
    }),
  ),
  /** What is charged with the next period, if nothing changes until then. */
  next: z.object({ amount: z.int(), at: moment }),
});
export type ChangePreview = z.infer<typeof ChangePreview>;

/** The answer of the routes that change a subscription: how it stands now, and what is to come of it. */
export const SubscriptionState = z.object({
  subscriptionId: z.string(),
  status: z.string(),
  items: z.array(Part),
  /** When what is paid for ends. */
  periodEnd: moment,
  /** When it ends by itself, if it does. */
  endsAt: z.nullable(moment),
  /** What it changes to by itself, if it does. */
  changesTo: z.nullable(z.object({ items: z.array(Part), at: moment })),
});
export type SubscriptionState = z.infer<typeof SubscriptionState>;

/** The answer of `POST /api/subscriptions/next-payment`. Amounts are in the smallest unit of `currency` (ISO 4217, lower case). */
export const NextPayment = z.object({
  subscriptionId: z.string(),
  currency: z.string(),
  /** What is charged with the next period: with its discounts and taxes. Nothing, where there is none. */
  next: z.nullable(z.object({ amount: z.int(), at: moment })),
  /** Nothing is charged: an invoice is sent, which its customer pays. */
  byInvoice: z.boolean(),
  /** What it is charged to, as Stripe calls it: `card`, `sepa_debit`. Nothing, where none is known, and by invoice. */
  paymentMethod: z.nullable(
    z.object({
      type: z.string(),
      brand: z.nullable(z.string()),
      last4: z.nullable(z.string()),
      /** Of a card, its month: 2034-12. */
      expires: z.nullable(z.string()),
    }),
  ),
  /** A trial for which there is nothing to charge ends or pauses then, and is not paid: what Stripe is to do. Nothing, where it goes on. */
  missingPaymentMethod: z.nullable(z.enum(["cancel", "pause"])),
});
export type NextPayment = z.infer<typeof NextPayment>;

/** The refusal of a change that is not what was previewed any more. */
export const ChangedMeanwhile = z.extend(ErrorAnswer, {
  /** With `changed_meanwhile`: what it would be now. */
  preview: z.optional(ChangePreview),
});
export type ChangedMeanwhile = z.infer<typeof ChangedMeanwhile>;

/** The refusal of a change whose payment did not go through. Nothing was changed. */
export const PaymentRefusal = z.extend(ErrorAnswer, {
  /** With `payment_confirmation_required`: the page where the bank's question is answered. The change is made when it is. */
  confirmUrl: z.optional(z.url()),
});
export type PaymentRefusal = z.infer<typeof PaymentRefusal>;
