import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { balanceIn } from "./balance.ts";
import { allowancesFor } from "./credit-grants.ts";
import { priceIn } from "./currencies.ts";
import { reductionsOf } from "./discounting.ts";
import { smallestCharge } from "./money.ts";
import { type Item, type PricedLine, priceItems, type TaxTerms } from "./pricing.ts";
import { taxIdsOf } from "./tax-ids.ts";
import { exemptionOf, type TaxRule, taxAt, taxBehaviorOf, taxesBy } from "./tax-table.ts";

type Invoice = Stored<Stripe.Invoice>;
type InvoiceLine = Stored<Stripe.InvoiceLineItem>;

/** Writes down that a line is paid with what was granted. The entry's id; null where nothing is to be written. */
export type Spend = (credit: PricedLine["credits"][number], line: InvoiceLine) => string | null;

/**
 * The invoice with all its amounts computed anew from its lines: for where its customer is, and what their balance is, now.
 * @param spend absent: nothing is paid with what was granted
 * @param usesBalance false: the customer's balance changes nothing of what is due
 */
export function price(world: World, invoice: Invoice, spend?: Spend, usesBalance = true): Invoice {
  const customer = world.store.customers.get(invoice.customer);
  const { enabled } = invoice.automatic_tax;
  const taxIds = taxIdsOf(world, customer.id);
  const exemption = exemptionOf(customer.tax_exempt, customer.address, taxIds);
  const rule = enabled ? taxAt(customer.address, exemption) : undefined;
  const rates = (line: InvoiceLine) => taxesBy(ratesOf(world, invoice, line), customer.tax_exempt ?? "none");
  const items = invoice.lines.data.map((line) => itemOf(world, line, enabled ? (rule ?? []) : rates(line)));
  const allowances = spend ? allowancesFor(world, invoice) : [];
  const priced = priceItems(items, reductionsOf(world, invoice.discounts), allowances);
  const lines = invoice.lines.data.map((line, index) => pricedLine(line, priced.lines[index] as PricedLine, spend));
  const credits = lines.flatMap(({ pretax_credit_amounts: rows }) => rows ?? []).filter((row) => row.type === CREDIT);
  const balance = balanceIn(world, customer.id, invoice.currency);
  const due = dueOf(priced.total, usesBalance ? balance : 0, invoice.currency);
  const discounts = invoice.discounts.map((discount) => ({ discount, amount: discountBy(priced.lines, discount) }));
  return {
    ...invoice,
    amount_due: due,
    amount_remaining: due,
    automatic_tax: {
      ...invoice.automatic_tax,
      status: !enabled ? null : rule ? "complete" : "requires_location_inputs",
    },
    customer_address: customer.address ?? null,
    customer_tax_exempt: customer.tax_exempt ?? "none",
    customer_tax_ids: taxIds,
    lines: { ...invoice.lines, data: lines },
    starting_balance: balance,
    subtotal: priced.subtotal,
    subtotal_excluding_tax: priced.subtotalExcludingTax,
    total: priced.total,
    total_discount_amounts: discounts,
    total_excluding_tax: priced.totalExcludingTax,
    total_pretax_credit_amounts: [...discounts.map((row) => ({ ...row, type: "discount" })), ...credits],
    total_taxes: totalTaxes(lines),
  };
}

/**
 * What is charged of a total, by the customer's balance (https://docs.stripe.com/billing/customer/balance). What is too little to be
 * charged goes to that balance (the SDK's comment on `amount_due`).
 */
export function dueOf(total: number, balance: number, currency: string): number {
  const owed = Math.max(0, total + balance);
  return owed < smallestCharge(currency) ? 0 : owed;
}

/** The line's own rates: it was made with them. Without any, those of the invoice (https://docs.stripe.com/api/invoices/create#create_invoice-default_tax_rates). */
function ratesOf(world: World, { default_tax_rates: byDefault }: Invoice, { taxes }: InvoiceLine) {
  const own = (taxes ?? []).flatMap((tax) => world.store.taxRates.find(tax.tax_rate_details?.tax_rate) ?? []);
  return own.length > 0 ? own : byDefault;
}

function itemOf(world: World, line: InvoiceLine, taxes: TaxRule | TaxTerms[]): Item {
  const details = line.pricing?.price_details;
  const price = world.store.prices.find(details?.price);
  const behavior = taxBehaviorOf(price && priceIn(world, price, line.currency).tax_behavior, line.currency);
  return {
    amount: line.amount,
    product: details?.product ?? null,
    discountable: line.discountable,
    taxes: Array.isArray(taxes) ? taxes : [{ ...taxes, behavior }],
  };
}

const CREDIT = "credit_balance_transaction";

function pricedLine(line: InvoiceLine, priced: PricedLine, spend: Spend = () => null): InvoiceLine {
  const credits = priced.credits.map((credit) => ({
    amount: credit.amount,
    credit_balance_transaction: spend(credit, line),
    type: CREDIT,
  }));
  return {
    ...line,
    discount_amounts: priced.discounts,
    pretax_credit_amounts: [...priced.discounts.map((row) => ({ ...row, type: "discount" })), ...credits],
    subtotal: priced.subtotal,
    taxes: priced.taxes.map(({ terms, amount }) => taxOf(terms, amount, priced.taxable)),
  };
}

const discountBy = (lines: readonly PricedLine[], discount: string): number =>
  lines
    .flatMap((line) => line.discounts)
    .reduce((whole, row) => whole + (row.discount === discount ? row.amount : 0), 0);

type Tax = Stored<Stripe.InvoiceLineItem.Tax>;

/** One sum for each rate, and of one that is in some prices and comes on top of others, for each of the two. */
function totalTaxes(lines: readonly InvoiceLine[]): Tax[] {
  const sums = new Map<string, Tax>();
  for (const tax of lines.flatMap(({ taxes }) => taxes ?? [])) {
    const key = `${tax.tax_rate_details?.tax_rate} ${tax.tax_behavior}`;
    const sum = sums.get(key);
    const taxable = (sum?.taxable_amount ?? 0) + (tax.taxable_amount ?? 0);
    sums.set(key, { ...tax, amount: (sum?.amount ?? 0) + tax.amount, taxable_amount: taxable });
  }
  return [...sums.values()].sort((a, b) => a.tax_behavior.localeCompare(b.tax_behavior));
}

function taxOf({ id, behavior, reason }: TaxTerms, amount: number, taxable: number): Tax {
  return {
    amount,
    tax_behavior: behavior,
    tax_rate_details: id === null ? null : { tax_rate: id },
    taxability_reason: reason,
    taxable_amount: reason === "standard_rated" || reason === "not_available" ? taxable : 0,
    type: "tax_rate_details",
  };
}

/** A line's rates, before anything is computed of them. */
export const unpricedTaxes = (rates: readonly Stored<Stripe.TaxRate>[]): Tax[] =>
  taxesBy(rates, "none").map((terms) => taxOf(terms, 0, 0));
