import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { priceIn } from "./currencies.ts";
import { reductionsOf } from "./discounting.ts";
import { smallestCharge } from "./money.ts";
import { type Item, type PricedLine, priceItems } from "./pricing.ts";
import { taxIdsOf } from "./tax-ids.ts";
import { exemptionOf, type TaxRule, taxAt, taxBehaviorOf } from "./tax-table.ts";

type Invoice = Stored<Stripe.Invoice>;
type InvoiceLine = Stored<Stripe.InvoiceLineItem>;

/** The invoice with all its amounts computed anew from its lines: for where its customer is, and what their balance is, now. */
export function price(world: World, invoice: Invoice): Invoice {
  const customer = world.store.customers.get(invoice.customer);
  const { enabled } = invoice.automatic_tax;
  const taxIds = taxIdsOf(world, customer.id);
  const exemption = exemptionOf(customer.tax_exempt, customer.address, taxIds);
  const rule = enabled ? taxAt(customer.address, exemption) : undefined;
  const items = invoice.lines.data.map((line) => itemOf(world, line));
  const priced = priceItems(items, reductionsOf(world, invoice.discounts), rule?.rate ?? 0);
  const lines = invoice.lines.data.map((line, index) => pricedLine(line, priced.lines[index] as PricedLine, rule));
  const owed = Math.max(0, priced.total + customer.balance);
  // What is too little to be charged goes to the customer's balance (the SDK's comment on `amount_due`).
  const due = owed < smallestCharge(invoice.currency) ? 0 : owed;
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
    starting_balance: customer.balance,
    subtotal: priced.subtotal,
    subtotal_excluding_tax: priced.subtotalExcludingTax,
    total: priced.total,
    total_discount_amounts: discounts,
    total_excluding_tax: priced.totalExcludingTax,
    total_pretax_credit_amounts: discounts.map((row) => ({ ...row, type: "discount" })),
    total_taxes: rule ? totalTaxes(priced.lines, rule) : [],
  };
}

function itemOf(world: World, line: InvoiceLine): Item {
  const details = line.pricing?.price_details;
  const price = world.store.prices.find(details?.price);
  return {
    amount: line.amount,
    product: details?.product ?? null,
    discountable: line.discountable,
    taxBehavior: taxBehaviorOf(price && priceIn(world, price, line.currency).tax_behavior, line.currency),
  };
}

function pricedLine(line: InvoiceLine, priced: PricedLine, rule: TaxRule | undefined): InvoiceLine {
  return {
    ...line,
    discount_amounts: priced.discounts,
    pretax_credit_amounts: priced.discounts.map((row) => ({ ...row, type: "discount" })),
    subtotal: priced.subtotal,
    taxes: rule ? [taxOf([priced], rule)] : [],
  };
}

const discountBy = (lines: readonly PricedLine[], discount: string): number =>
  lines
    .flatMap((line) => line.discounts)
    .reduce((whole, row) => whole + (row.discount === discount ? row.amount : 0), 0);

/** One sum for the lines that the tax comes on top of, one for those that it is part of. */
const totalTaxes = (lines: readonly PricedLine[], rule: TaxRule) =>
  (["exclusive", "inclusive"] as const).flatMap((behavior) => {
    const alike = lines.filter((line) => line.taxBehavior === behavior);
    return alike.length === 0 ? [] : [taxOf(alike, rule)];
  });

function taxOf(lines: readonly PricedLine[], { id, reason }: TaxRule): Stored<Stripe.InvoiceLineItem.Tax> {
  return {
    amount: lines.reduce((whole, line) => whole + line.tax, 0),
    tax_behavior: lines[0]?.taxBehavior ?? "exclusive",
    tax_rate_details: id === null ? null : { tax_rate: id },
    taxability_reason: reason,
    taxable_amount: reason === "standard_rated" ? lines.reduce((whole, line) => whole + line.taxable, 0) : 0,
    type: "tax_rate_details",
  };
}
