import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { InvoiceLine } from "./invoice-draft.ts";
import { proportion } from "./pricing.ts";

export type CreditLine = Stored<Stripe.CreditNoteLineItem>;

const BLANK = {
  object: "credit_note_line_item" as const,
  discount_amount: 0,
  discount_amounts: [],
  livemode: false,
  metadata: {},
  pretax_credit_amounts: [],
  tax_rates: [],
  taxes: [],
};

export interface CustomLine {
  /** What one costs, in the currency's smallest unit. */
  unitAmount: number;
  quantity: number;
  description: string | null;
}

/** An amount that no line of the invoice stands for. */
export function customLine({ unitAmount, quantity, description }: CustomLine): CreditLine {
  return {
    ...BLANK,
    id: newId("cnli"),
    amount: unitAmount * quantity,
    description,
    quantity,
    type: "custom_line_item",
    unit_amount: unitAmount,
    unit_amount_decimal: String(unitAmount),
  };
}

/**
 * A part of an invoice's line taken back: `amount` before discounts and exclusive tax, with the same part of these.
 * @param quantity how many units, where that was asked for
 */
export function creditedLine(line: InvoiceLine, amount: number, quantity: number | null): CreditLine {
  const part = (whole: number) => proportion(whole, amount, line.amount);
  const discounts = (line.discount_amounts ?? []).map((row) => ({ ...row, amount: part(row.amount) }));
  const unit = quantity === null ? null : amount / quantity;
  return {
    ...BLANK,
    id: newId("cnli"),
    amount,
    description: line.description,
    discount_amount: discounts.reduce((sum, row) => sum + row.amount, 0),
    discount_amounts: discounts,
    invoice_line_item: line.id,
    pretax_credit_amounts: discounts.map((row) => ({ ...row, type: "discount" })),
    quantity,
    taxes: (line.taxes ?? []).map((tax) => ({
      ...tax,
      amount: part(tax.amount),
      taxable_amount: tax.taxable_amount === null ? null : part(tax.taxable_amount),
    })),
    type: "invoice_line_item",
    unit_amount: unit !== null && Number.isInteger(unit) ? unit : null,
    unit_amount_decimal: unit === null ? null : String(unit),
  };
}

type Sums = Pick<
  Stored<Stripe.CreditNote>,
  | "amount"
  | "discount_amount"
  | "discount_amounts"
  | "pretax_credit_amounts"
  | "subtotal"
  | "subtotal_excluding_tax"
  | "total"
  | "total_excluding_tax"
  | "total_taxes"
>;

/** What a credit note's lines add up to. */
export function sumOf(lines: readonly CreditLine[]): Sums {
  const sum = (amounts: readonly number[]) => amounts.reduce((whole, amount) => whole + amount, 0);
  const taxes = lines.flatMap((line) => line.taxes ?? []);
  const taxed = (behavior: string) =>
    sum(taxes.filter((tax) => tax.tax_behavior === behavior).map(({ amount }) => amount));
  const subtotal = sum(lines.map(({ amount }) => amount));
  const discount = sum(lines.map(({ discount_amount: amount }) => amount));
  const total = subtotal - discount + taxed("exclusive");
  return {
    amount: total,
    discount_amount: discount,
    discount_amounts: lines.flatMap((line) => line.discount_amounts),
    pretax_credit_amounts: lines.flatMap((line) => line.pretax_credit_amounts),
    subtotal,
    subtotal_excluding_tax: subtotal - taxed("inclusive"),
    total,
    total_excluding_tax: subtotal - discount - taxed("inclusive"),
    total_taxes: taxes,
  };
}
