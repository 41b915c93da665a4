import { invalid } from "../api/errors.ts";
import { arrayOf, boolean, hashOf, integer, metadata, oneOf, type Reader, schema, text } from "../api/params.ts";

export const currency: Reader<string> = (value, param) => {
  const code = text(value, param).toLowerCase();
  if (!/^[a-z]{3}$/.test(code)) throw invalid(`Invalid currency: ${code}`, undefined, param);
  return code;
};

/** One or more. */
export const count: Reader<number> = (value, param) => {
  const read = integer(value, param);
  if (read < 1) throw invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", param);
  return read;
};

export const interval = oneOf("day", "week", "month", "year");
export const recurring = hashOf(
  schema(
    {
      interval,
      interval_count: count,
      meter: text,
      trial_period_days: integer,
      usage_type: oneOf("licensed", "metered"),
    },
    ["interval"],
  ),
);
export const taxBehavior = oneOf("exclusive", "inclusive", "unspecified");
/** An amount in the smallest unit of its currency. */
export const amount: Reader<number> = (value, param) => {
  const read = integer(value, param);
  if (read < 0) throw invalid("This value must be greater than or equal to 0.", "parameter_invalid_integer", param);
  return read;
};

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
