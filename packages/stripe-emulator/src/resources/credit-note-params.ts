import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import {
  arrayOf,
  type Fields,
  hashOf,
  ignored,
  integer,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type CreditLine, creditedLine, customLine } from "../billing/credit-lines.ts";
import { creditNotesOf } from "../billing/crediting.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import type { World } from "../world.ts";
import { amount } from "./price-params.ts";

const line = schema(
  {
    amount,
    description: text,
    invoice_line_item: text,
    quantity: amount,
    type: oneOf("custom_line_item", "invoice_line_item"),
    unit_amount: amount,
  } satisfies Fields<keyof Stripe.CreditNoteCreateParams.Line>,
  ["type"],
);

const refund = schema(
  { amount_refunded: amount, refund: text, type: oneOf("refund") } satisfies Fields<
    keyof Stripe.CreditNoteCreateParams.Refund
  >,
  ["refund"],
);

export const fields = {
  amount,
  credit_amount: amount,
  effective_at: integer,
  email_type: ignored,
  invoice: text,
  lines: arrayOf(hashOf(line)),
  memo: text,
  metadata,
  out_of_band_amount: amount,
  reason: oneOf("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
  refund_amount: amount,
  refunds: arrayOf(hashOf(refund)),
} satisfies Fields<keyof Stripe.CreditNoteCreateParams>;

export const createParams = schema(fields, ["invoice"]);
export type CreateParams = ParamsOf<typeof createParams>;

/** The lines asked for; an amount alone is one line. 400 for what is not on the invoice, or was credited already. */
export function linesFromParams(world: World, invoice: Invoice, { amount: whole, lines }: CreateParams): CreditLine[] {
  if (lines === undefined) {
    if (whole === undefined) throw missingParameter("amount");
    return [customLine({ unitAmount: whole, quantity: 1, description: null })];
  }
  const taken: CreditLine[] = creditNotesOf(world, invoice.id).flatMap((note) => note.lines.data);
  return lines.map((asked, index) => {
    const made = lineFromParam(invoice, asked, `lines[${index}]`, taken);
    taken.push(made);
    return made;
  });
}

type Asked = NonNullable<CreateParams["lines"]>[number];

function lineFromParam(invoice: Invoice, asked: Asked, param: string, taken: readonly CreditLine[]): CreditLine {
  const { unit_amount: unitAmount, quantity, description } = asked;
  if (asked.type === "custom_line_item") {
    if (unitAmount === undefined) throw missingParameter(`${param}[unit_amount]`);
    if (description === undefined) throw missingParameter(`${param}[description]`);
    return customLine({ unitAmount, quantity: quantity ?? 1, description });
  }
  const named = asked.invoice_line_item;
  if (named === undefined) throw missingParameter(`${param}[invoice_line_item]`);
  const credited = found(
    invoice.lines.data.find(({ id }) => id === named),
    "invoice line item",
    named,
    `${param}[invoice_line_item]`,
  );
  if ((asked.amount === undefined) === (quantity === undefined))
    throw invalid(`You must pass either an amount or a quantity for ${param}.`, undefined, param);
  const gross = asked.amount ?? Math.round(((quantity ?? 0) * credited.amount) / Math.max(credited.quantity ?? 1, 1));
  const before = taken.filter((row) => row.invoice_line_item === named).reduce((sum, row) => sum + row.amount, 0);
  if (before + gross > credited.amount) {
    const message = `The line ${named} has ${credited.amount - before} left to credit, which is less than ${gross}.`;
    throw invalid(message, undefined, param);
  }
  return creditedLine(credited, gross, quantity ?? null);
}
