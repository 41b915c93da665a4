import { invalid, missingParameter } from "../api/errors.ts";
import { mergeMetadata } from "../api/params.ts";
import type { Purchase } from "../billing/invoice-item.ts";
import type { PhasePurchase } from "../billing/schedule-phases.ts";
import type { World } from "../world.ts";
import type { addInvoiceItems, addPhaseItems } from "./add-invoice-item-params.ts";
import { priceFromParams } from "./inline-prices.ts";
import { refuseUnpriced } from "./item-changes.ts";
import type { Price } from "./prices.ts";
import { refuseRatesBesideAutomaticTax, taxRatesFromParam } from "./tax-rates.ts";

type Asked = ReturnType<typeof addInvoiceItems>;
type PhaseAsked = ReturnType<typeof addPhaseItems>;

/** What they are bought beside. */
interface Terms {
  currency: string;
  automaticTax: boolean;
}

export const purchasesFromParams = (world: World, asked: Asked | undefined, terms: Terms): Purchase[] =>
  withinLimit(asked ?? [], "add_invoice_items").map(({ period, ...item }, index) => {
    const param = `add_invoice_items[${index}]`;
    const purchase = purchaseFromParam(world, item, terms, param);
    refuseBackwards(period, `${param}[period]`, world.now());
    if (!period) return { ...purchase, period: { start: "max_item_period_start", end: "min_item_period_end" } };
    const { start, end } = period;
    return {
      ...purchase,
      period: {
        start: start.type === "now" ? world.now() : start.type === "timestamp" ? (start.timestamp ?? 0) : start.type,
        end: end.type === "timestamp" ? (end.timestamp ?? 0) : end.type,
      },
    };
  });

export const phasePurchasesFromParams = (
  world: World,
  asked: PhaseAsked | undefined,
  terms: Terms,
  within: string,
): PhasePurchase[] =>
  withinLimit(asked ?? [], within).map(({ period, ...item }, index) => {
    const param = `${within}[${index}]`;
    refuseBackwards(period, `${param}[period]`);
    const byItems = { start: { type: "max_item_period_start" }, end: { type: "min_item_period_end" } };
    return { ...purchaseFromParam(world, item, terms, param), period: period ?? byItems };
  });

const MOST = 20;

function withinLimit<T>(asked: readonly T[], param: string): readonly T[] {
  if (asked.length <= MOST) return asked;
  throw invalid(`Array ${param} exceeded maximum ${MOST} allowed elements.`, undefined, param);
}

/** 400 for what recurs, is in another currency, or taxed twice. */
function purchaseFromParam(
  world: World,
  asked: Omit<PhaseAsked[number], "period">,
  { currency, automaticTax }: Terms,
  param: string,
): Omit<Purchase, "period"> {
  const price = oncePrice(world, asked, param);
  refuseUnpriced(world, price, currency, `${param}[price]`);
  const rates = taxRatesFromParam(world, asked.tax_rates ?? [], `${param}[tax_rates]`);
  refuseRatesBesideAutomaticTax(automaticTax, rates, `${param}[tax_rates]`);
  return {
    price,
    quantity: asked.quantity ?? 1,
    taxRates: rates,
    discountable: asked.discountable ?? true,
    metadata: mergeMetadata({}, asked.metadata),
  };
}

function oncePrice(world: World, asked: Parameters<typeof priceFromParams>[1], param: string): Price {
  const price = priceFromParams(world, asked, param);
  if (!price.recurring) return price;
  const message =
    "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.";
  throw invalid(message, undefined, `${param}[price]`);
}

type Bound = { type: string; timestamp?: number | undefined };

/** 400 for a moment that is not said, and for a period that ends before it begins. */
function refuseBackwards(period: { start: Bound; end: Bound } | undefined, param: string, now?: number): void {
  const momentOf = (name: "end" | "start") => {
    const { type, timestamp } = period?.[name] ?? { type: "" };
    if (type === "timestamp" && timestamp === undefined) throw missingParameter(`${param}[${name}][timestamp]`);
    return type === "now" ? now : type === "timestamp" ? timestamp : undefined;
  };
  const [start, end] = [momentOf("start"), momentOf("end")];
  if (start === undefined || end === undefined || start <= end) return;
  throw invalid("`period.start` must be less than or equal to `period.end`.", undefined, `${param}[start]`);
}
