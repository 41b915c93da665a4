import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import {
  arrayOf,
  atMost,
  boolean,
  type Fields,
  hashOf,
  integerIn,
  mapOf,
  metadata,
  oneOf,
  type Reader,
  schema,
  text,
} from "../api/params.ts";
import { CURRENCIES, isCurrency } from "../billing/money.ts";

export const currency: Reader<string> = (value, param) => {
  const code = text(value, param).toLowerCase();
  if (isCurrency(code)) return code;
  const message = `Invalid currency: ${code}. Stripe currently supports these currencies: ${CURRENCIES.join(", ")}`;
  throw invalid(message, undefined, param);
};

/** The most that Stripe takes in one number. */
const MOST = 99_999_999;

/** One or more. */
export const count = integerIn(1, MOST);
/** How many of a price: none is possible. */
export const quantity = integerIn(0, MOST);

/** Two years at most, as `trial_end`. */
export const LONGEST_TRIAL_DAYS = 730;
export const trialDays = integerIn(0, LONGEST_TRIAL_DAYS);
/** Of what buyers are offered: a trial, or none is named. */
export const offeredTrialDays = integerIn(1, LONGEST_TRIAL_DAYS);

export const interval = oneOf("day", "week", "month", "year");
export const recurring = hashOf(
  schema(
    {
      interval,
      interval_count: count,
      meter: text,
      trial_period_days: trialDays,
      usage_type: oneOf("licensed", "metered"),
    },
    ["interval"],
  ),
);
export const taxBehavior = oneOf("exclusive", "inclusive", "unspecified");
/** An amount in the smallest unit of its currency. */
export const amount = integerIn(0, MOST);

/** The same, or (negative) as much of a credit. */
export const signedAmount = integerIn(-MOST, MOST);

/** A decimal of the currency's smallest unit: https://docs.stripe.com/api/prices/create#create_price-unit_amount_decimal */
export const decimal: Reader<string> = (value, param) => {
  const word = text(value, param);
  if (/^\d{1,8}(\.\d{1,12})?$/.test(word)) return word;
  const message = `Invalid decimal: ${word}; must be a positive number with at most 12 decimal places`;
  throw invalid(message, "parameter_invalid_decimal", param);
};

/** What a price costs in other currencies than its own. */
export const currencyOptions = mapOf(
  currency,
  hashOf(
    schema({ unit_amount: amount, unit_amount_decimal: decimal, tax_behavior: taxBehavior } satisfies Fields<
      keyof Stripe.PriceCreateParams.CurrencyOptions
    >),
  ),
);

/** What a price can be made from inside another request. */
export const defaultPriceData = hashOf(
  schema(
    { currency, unit_amount: amount, unit_amount_decimal: decimal, recurring, tax_behavior: taxBehavior, metadata },
    ["currency"],
  ),
);

const inlinePrice = {
  currency,
  product: text,
  recurring: hashOf(schema({ interval, interval_count: count }, ["interval"])),
  tax_behavior: taxBehavior,
  unit_amount: amount,
  unit_amount_decimal: decimal,
} satisfies Fields<
  keyof Stripe.SubscriptionCreateParams.Item.PriceData & keyof Stripe.QuoteCreateParams.LineItem.PriceData
>;

/** What a price that recurs is made from inside another request: https://docs.stripe.com/products-prices/pricing-models#inline-pricing */
export const recurringPriceData = hashOf(schema(inlinePrice, ["currency", "product", "recurring"]));
/** The same, or what one that is paid once is made from. */
export const quotedPriceData = hashOf(schema(inlinePrice, ["currency", "product"]));

/** What a price that is paid once is made from: a negative amount is a credit. */
export const oncePriceData = hashOf(
  schema(
    {
      currency,
      product: text,
      tax_behavior: taxBehavior,
      unit_amount: signedAmount,
      unit_amount_decimal: decimal,
    } satisfies Fields<keyof Stripe.SubscriptionCreateParams.AddInvoiceItem.PriceData>,
    ["currency", "product"],
  ),
);

/** A product made together with its price. */
export const productData = hashOf(
  schema(
    {
      name: text,
      active: boolean,
      description: atMost(40_000),
      id: text,
      images: arrayOf(text, 8),
      metadata,
      tax_code: text,
    },
    ["name"],
  ),
);
