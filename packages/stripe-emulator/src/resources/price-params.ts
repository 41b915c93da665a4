import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import {
  arrayOf,
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

export const interval = oneOf("day", "week", "month", "year");
export const recurring = hashOf(
  schema(
    {
      interval,
      interval_count: count,
      meter: text,
      trial_period_days: integerIn(0, 1826),
      usage_type: oneOf("licensed", "metered"),
    },
    ["interval"],
  ),
);
export const taxBehavior = oneOf("exclusive", "inclusive", "unspecified");
/** An amount in the smallest unit of its currency. */
export const amount = integerIn(0, MOST);

/** What a price costs in other currencies than its own. */
export const currencyOptions = mapOf(
  currency,
  hashOf(
    schema({ unit_amount: amount, tax_behavior: taxBehavior } satisfies Fields<
      keyof Stripe.PriceCreateParams.CurrencyOptions
    >),
  ),
);

/** What a price can be made from inside another request. */
export const defaultPriceData = hashOf(
  schema({ currency, unit_amount: amount, recurring, tax_behavior: taxBehavior, metadata }, [
    "currency",
    "unit_amount",
  ]),
);

/** A product made together with its price. */
export const productData = hashOf(
  schema(
    { name: text, active: boolean, description: text, id: text, images: arrayOf(text), metadata, tax_code: text },
    ["name"],
  ),
);
