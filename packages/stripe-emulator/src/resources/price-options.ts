import { invalid, missingParameter } from "../api/errors.ts";
import { namedAmount } from "../billing/price-amounts.ts";
import type { CurrencyOption } from "../state/rows.ts";
import { oneAmount } from "./price-models.ts";
import type { currencyOptions } from "./price-params.ts";

/**
 * What a price costs in other currencies once these are asked for: those that are not named stay. 400 for the price's own currency,
 * for one without an amount, and for a tax behavior that was settled already.
 */
export function priceOptions(
  before: Record<string, CurrencyOption>,
  asked: ReturnType<typeof currencyOptions>,
  own: string,
): Record<string, CurrencyOption> {
  const changed = Object.entries(asked).map(
    ([currency, { unit_amount: whole, unit_amount_decimal: part, tax_behavior: tax }]) => {
      const param = `currency_options[${currency}]`;
      if (currency === own) throw invalid(`\`${own}\` is the price's own currency.`, undefined, param);
      const known = before[currency];
      refuseTaxChange(known?.tax_behavior, tax, `${param}[tax_behavior]`);
      const named = oneAmount(whole, part, `${param}[unit_amount]`);
      const decimal = named?.decimal ?? known?.unit_amount_decimal;
      if (decimal == null) throw missingParameter(`${param}[unit_amount]`);
      const option: CurrencyOption = {
        custom_unit_amount: null,
        tax_behavior: tax ?? known?.tax_behavior ?? "unspecified",
        unit_amount: namedAmount(decimal).amount,
        unit_amount_decimal: decimal,
      };
      return [currency, option] as const;
    },
  );
  return { ...before, ...Object.fromEntries(changed) };
}

/** Once a price says whether its tax is in it, that stays (the SDK's comment on `tax_behavior`). */
export function refuseTaxChange(before: string | null | undefined, asked: string | undefined, param: string): void {
  if (asked === undefined || asked === before || before == null || before === "unspecified") return;
  throw invalid(`The tax behavior of a price cannot be changed once it is \`${before}\`.`, undefined, param);
}
