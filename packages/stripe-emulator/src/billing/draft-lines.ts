import type { World } from "../world.ts";
import { type Invoice, newLine } from "./invoice-draft.ts";
import { type InvoiceItem, invoiceItemLine } from "./invoice-item.ts";
import { price } from "./invoice-pricing.ts";

/** Puts an invoice item on a draft, before the lines that are there: the newest comes first. */
export function addLine(world: World, { id, currency, lines }: Invoice, item: InvoiceItem): void {
  const line = newLine({ id, currency, subscription: null }, invoiceItemLine(world, item));
  setLines(world, id, [line, ...lines.data]);
}

/** Takes what an invoice item put on a draft off again. */
export function removeLine(world: World, { id, lines }: Invoice, item: InvoiceItem): void {
  const left = lines.data.filter(({ parent }) => {
    const details = parent?.invoice_item_details ?? parent?.subscription_item_details;
    return details?.invoice_item !== item.id;
  });
  setLines(world, id, left);
}

function setLines(world: World, id: string, data: Invoice["lines"]["data"]): void {
  const before = world.store.invoices.get(id);
  world.update("invoices", id, price(world, { ...before, lines: { ...before.lines, data } }), "invoice.updated");
}
