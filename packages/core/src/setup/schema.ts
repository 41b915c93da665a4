import * as z from "zod/mini";
import { mostAmountOf } from "../catalog/schema.ts";
import { CheckoutOptions, currencyCode, ofMetadata } from "../config/schema.ts";

const text = (what: string) => z.string(`${what} must be text`).check(z.trim(), z.minLength(1, `${what} is empty`));
const key = (what: string) =>
  text(what).check(z.regex(/^[\w.-]{1,200}$/, `${what} may hold letters, digits, "_", "-" and "."`));
const whole = (what: string, least: number, most: number) =>
  z
    .int(`${what} must be a whole number`)
    .check(z.gte(least, `${what} must be ${least} or more`), z.lte(most, `${what} must be ${most} or less`));

/** A price. What of it Stripe cannot change (amount, currency, interval, trial, tax) makes a new one that takes its lookup key. */
const Price = z
  .strictObject({
    /** By which the price is found again, and by which your pages name it. */
    lookupKey: key("lookupKey"),
    /** In the currency's smallest unit: 2900 is $29. */
    amount: whole("amount", 0, mostAmountOf("idr")),
    /** Of three letters: "usd". */
    currency: currencyCode,
    /** Absent: it is paid once. */
    interval: z.optional(z.enum(["day", "week", "month", "year"], "interval must be day, week, month or year")),
    intervalCount: z.optional(whole("intervalCount", 1, 1095)),
    trialDays: z.optional(whole("trialDays", 1, 730)),
    /** The id of a meter, of a price that is paid by use. */
    meter: z.optional(text("meter")),
    taxBehavior: z.optional(z.enum(["exclusive", "inclusive"], "taxBehavior must be exclusive or inclusive")),
    nickname: z.optional(text("nickname")),
  })
  .check(
    z.superRefine(({ amount, currency }, context) => {
      const most = mostAmountOf(currency);
      if (amount > most)
        context.addIssue({ code: "custom", path: ["amount"], message: `amount must be ${most} or less` });
    }),
  );

const KEYS = "a key of metadata has 1 to 40 characters, without [ and ]; key and group are fields of their own";
const isFree = (key: string) => /^[^[\]]{1,40}$/.test(key) && key !== "billing_key" && key !== "subscription_group";

const Product = z.strictObject({
  /** By which the product is found again. */
  key: key("key"),
  name: text("name"),
  description: z.optional(text("description")),
  /** What a pricing page lists. */
  features: z.optional(z.array(text("a feature")).check(z.maxLength(15, "Stripe takes 15 features at the most"))),
  /** Nobody holds two subscriptions of one group. Absent: that of all which name none. */
  group: z.optional(text("group")),
  taxCode: z.optional(
    z
      .string("taxCode must be text")
      .check(z.regex(/^txcd_\d+$/, 'taxCode must be one of Stripe\'s, such as "txcd_10103001"')),
  ),
  /** What else stands in the product's metadata; an empty text takes a key away. What is not named here stays as it is. */
  metadata: z.optional(
    z
      .record(
        z.string(),
        z.string("metadata must be texts").check(...ofMetadata("a text of metadata has 500 characters at the most")),
        "metadata must be texts by their keys",
      )
      .check(z.refine((named) => Object.keys(named).every(isFree), KEYS)),
  ),
  prices: z.array(Price, "prices must be a list").check(z.minLength(1, "a product needs a price")),
});

const address = (what: string) =>
  z.url({ protocol: /^https?$/, error: `${what} must be an address, such as https://example.com/terms` });

const Portal = z.strictObject({
  /** When a subscription ends that its customer cancels; `false`: customers cannot. */
  cancel: z.optional(
    z.union(
      [z.literal("at_period_end"), z.literal("immediately"), z.literal(false)],
      'cancel must be "at_period_end", "immediately" or false',
    ),
  ),
  /** Whether customers change between the recurring prices of this file. */
  switchPlans: z.optional(z.boolean("switchPlans must be true or false")),
  termsOfServiceUrl: z.optional(address("termsOfServiceUrl")),
  privacyPolicyUrl: z.optional(address("privacyPolicyUrl")),
});

/** What `billing.config.ts` holds. */
export const BillingConfig = z.strictObject(
  {
    /** Absent: catalogue and portal are as you make them at Stripe. */
    products: z.optional(z.array(Product, "products must be a list")),
    portal: z.optional(Portal),
    checkout: z.optional(CheckoutOptions),
  },
  "it must be defineBilling({ products: […] })",
);
export type BillingConfig = z.infer<typeof BillingConfig>;
export type ProductConfig = z.infer<typeof Product>;
/** A file that says what is sold. */
export type CatalogueConfig = BillingConfig & { products: ProductConfig[] };
export type PriceConfig = ProductConfig["prices"][number];
