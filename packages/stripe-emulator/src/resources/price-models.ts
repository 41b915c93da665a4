import type Stripe from "stripe";
import { invalid, missingParameter, notModelled } from "../api/errors.ts";
import { arrayOf, type Fields, hashOf, integerIn, oneOf, type ParamsOf, type Reader, schema } from "../api/params.ts";
import { namedAmount } from "../billing/price-amounts.ts";
import type { Tier } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import { amount, count, decimal } from "./price-params.ts";

const upTo: Reader<number | null> = (value, param) => (value === "inf" ? null : count(value, param));

const tier = hashOf(
  schema(
    {
      flat_amount: amount,
      flat_amount_decimal: decimal,
      unit_amount: amount,
      unit_amount_decimal: decimal,
      up_to: upTo,
    } satisfies Fields<keyof Stripe.PriceCreateParams.Tier>,
    ["up_to"],
  ),
);

/** How a price depends on the quantity. */
export const modelParams = {
  billing_scheme: oneOf("per_unit", "tiered"),
  tiers: arrayOf(tier),
  tiers_mode: oneOf("graduated", "volume"),
  transform_quantity: hashOf(
    schema({ divide_by: integerIn(1, 99_999_999), round: oneOf("down", "up") }, ["divide_by", "round"]),
  ),
  unit_amount: amount,
  unit_amount_decimal: decimal,
};
const modelSchema = schema(modelParams);
type ModelParams = ParamsOf<typeof modelSchema>;

export type Model = Pick<
  Stored<Stripe.Price>,
  "billing_scheme" | "tiers_mode" | "transform_quantity" | "unit_amount" | "unit_amount_decimal"
> & { tiers: Tier[] | undefined };

/** One of an amount and its decimal; undefined: neither. 400 for both. */
export function oneAmount(
  whole: number | undefined,
  part: string | undefined,
  name: string,
): ReturnType<typeof namedAmount> | undefined {
  if (whole !== undefined && part !== undefined) throw onlyOne(name, `${name}_decimal`);
  const named = part ?? (whole === undefined ? undefined : String(whole));
  return named === undefined ? undefined : namedAmount(named);
}

const onlyOne = (...names: string[]) =>
  invalid(`You may only specify one of these parameters: ${names.join(", ")}.`, undefined, names[0]);

/** What a price costs, of a price that is made (https://docs.stripe.com/products-prices/pricing-models). */
export function modelOf(params: ModelParams, named = (name: string) => name): Model {
  const { billing_scheme: scheme = "per_unit", tiers, tiers_mode: mode, transform_quantity: packages } = params;
  const unit = oneAmount(params.unit_amount, params.unit_amount_decimal, "unit_amount");
  if (scheme === "tiered") {
    if (!tiers || tiers.length === 0) throw missingParameter("tiers");
    if (mode === undefined) throw missingParameter("tiers_mode");
    if (unit) throw onlyOne("unit_amount", "tiers");
    if (packages) throw onlyOne("transform_quantity", "tiers");
    return {
      billing_scheme: scheme,
      tiers: tiersOf(tiers),
      tiers_mode: mode,
      transform_quantity: null,
      unit_amount: null,
      unit_amount_decimal: null,
    };
  }
  for (const [name, value] of Object.entries({ tiers, tiers_mode: mode })) {
    const message = `\`${name}\` can only be set when \`billing_scheme\` is set to \`tiered\`.`;
    if (value !== undefined) throw invalid(message, undefined, name);
  }
  if (!unit) throw missingParameter(named("unit_amount"));
  return {
    billing_scheme: scheme,
    tiers: undefined,
    tiers_mode: null,
    transform_quantity: packages ?? null,
    unit_amount: unit.amount,
    unit_amount_decimal: unit.decimal,
  };
}

function tiersOf(asked: NonNullable<ModelParams["tiers"]>): Tier[] {
  for (const [index, { up_to: most }] of asked.entries()) {
    const param = `tiers[${index}][up_to]`;
    const isLast = index === asked.length - 1;
    if (isLast !== (most === null)) {
      const message = isLast ? "The last tier must have `up_to` set to `inf`." : "Only the last tier can be `inf`.";
      throw invalid(message, undefined, param);
    }
    const before = asked[index - 1]?.up_to ?? 0;
    if (most !== null && most <= before) throw invalid("Tiers must be in ascending order.", undefined, param);
  }
  return asked.map((each, index) => {
    const unit = oneAmount(each.unit_amount, each.unit_amount_decimal, `tiers[${index}][unit_amount]`);
    const flat = oneAmount(each.flat_amount, each.flat_amount_decimal, `tiers[${index}][flat_amount]`);
    if (!unit && !flat) throw missingParameter(`tiers[${index}][unit_amount]`);
    return {
      flat_amount: flat?.amount ?? null,
      flat_amount_decimal: flat?.decimal ?? null,
      unit_amount: unit?.amount ?? null,
      unit_amount_decimal: unit?.decimal ?? null,
      up_to: each.up_to,
    };
  });
}

/** In tiers there is one currency here. */
export function refuseTiersIn(tiers: Tier[] | undefined, options: object | undefined): void {
  if (tiers && options) throw notModelled("currency_options of a price in tiers", "currency_options");
}
