import type Stripe from "stripe";
import { arrayOf, boolean, type Fields, hashOf, integer, metadata, oneOf, schema, text } from "../api/params.ts";
import { oncePriceData, quantity } from "./price-params.ts";
import { taxRates } from "./tax-rates.ts";

const bound = <const T extends string>(...types: T[]) =>
  hashOf(schema({ type: oneOf<T | "timestamp">("timestamp", ...types), timestamp: integer }, ["type"]));

const fields = {
  discountable: boolean,
  metadata,
  price: text,
  price_data: oncePriceData,
  quantity,
  tax_rates: taxRates,
} satisfies Fields<keyof Stripe.SubscriptionCreateParams.AddInvoiceItem>;

const subscriptionPeriod = hashOf(
  schema({ start: bound("max_item_period_start", "now"), end: bound("min_item_period_end") }, ["start", "end"]),
);
const phasePeriod = hashOf(
  schema({ start: bound("max_item_period_start", "phase_start"), end: bound("min_item_period_end", "phase_end") }, [
    "start",
    "end",
  ]),
);

/** What is bought once, beside a subscription: https://docs.stripe.com/billing/invoices/subscription#first-invoice-extra */
export const addInvoiceItems = arrayOf(hashOf(schema({ ...fields, period: subscriptionPeriod })));
/** The same, at the start of a schedule's phase. */
export const addPhaseItems = arrayOf(hashOf(schema({ ...fields, period: phasePeriod })));
