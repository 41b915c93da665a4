import type Stripe from "stripe";
import { found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  boolean,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { findPriceIn } from "../billing/currencies.ts";
import { addLine, removeLine } from "../billing/draft-lines.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { deleteInvoiceItem, type InvoiceItem, putInvoiceItem } from "../billing/invoice-item.ts";
import { amountOf } from "../billing/price-amounts.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { currency, signedAmount } from "./price-params.ts";
import { activePriceFromParam } from "./prices.ts";
import { refuseRatesBesideAutomaticTax, taxRates, taxRatesFromParam } from "./tax-rates.ts";

const createParams = schema(
  {
    amount: signedAmount,
    currency,
    customer: text,
    description: text,
    discountable: boolean,
    invoice: text,
    metadata,
    pricing: hashOf(schema({ price: text }, ["price"])),
    quantity: integer,
    subscription: text,
    tax_rates: taxRates,
  } satisfies Fields<keyof Stripe.InvoiceItemCreateParams>,
  ["customer"],
);

/** How many lines an invoice can have: the SDK's comment on `invoice`. */
const MOST_LINES = 250;

/** The draft that an item is put on: of the same customer, and in the currency that the item is in. */
function draftFromParam(world: World, id: string, customer: string): Invoice {
  const invoice = world.store.invoices.find(id);
  if (invoice?.customer !== customer) throw noSuch("invoice", id, "invoice");
  refuseFinal(invoice, "invoice");
  if (invoice.lines.data.length >= MOST_LINES)
    throw invalid(`An invoice can have at most ${MOST_LINES} items.`, undefined, "invoice");
  return invoice;
}

/** Stripe's 400 for an invoice that is not a draft any more. */
function refuseFinal({ id, status }: Invoice, param: string): void {
  if (status === "draft") return;
  const message = `Invoice ${id} can no longer be edited: it is ${status}. Only draft invoices can be.`;
  throw invalid(message, "invoice_not_editable", param);
}

function createItem(world: World, params: ParamsOf<typeof createParams>): InvoiceItem {
  const customer = customerFromParam(world, params.customer);
  const draft = params.invoice === undefined ? undefined : draftFromParam(world, params.invoice, customer.id);
  const quantity = params.quantity ?? 1;
  const named = params.pricing && activePriceFromParam(world, params.pricing.price, "pricing[price]");
  const price = named && (findPriceIn(world, named, params.currency ?? draft?.currency) ?? named);
  const amount = price ? amountOf(world, price, quantity) : params.amount;
  if (amount === undefined) throw missingParameter("amount");
  const currency = price?.currency ?? params.currency ?? draft?.currency ?? customer.currency ?? "usd";
  if (draft && draft.currency !== currency) {
    const message = `You cannot add an item in ${currency} to an invoice in ${draft.currency}.`;
    throw invalid(message, undefined, price ? "pricing[price]" : "currency");
  }
  const rates = taxRatesFromParam(world, params.tax_rates ?? [], "tax_rates");
  refuseRatesBesideAutomaticTax(draft?.automatic_tax.enabled ?? false, rates, "tax_rates");
  const item = putInvoiceItem(world, {
    customer: customer.id,
    amount,
    currency,
    description: params.description ?? null,
    discountable: params.discountable ?? true,
    metadata: mergeMetadata({}, params.metadata),
    price: price ?? null,
    quantity,
    subscription: params.subscription ?? null,
    taxRates: rates,
    ...(draft ? { invoice: draft.id } : {}),
  });
  if (draft) addLine(world, draft, item);
  return item;
}

function getItem(world: World, id: string): InvoiceItem {
  return found(world.store.invoiceItems.find(id), "invoiceitem", id);
}

function deleteItem(world: World, id: string): Stripe.DeletedInvoiceItem {
  const item = getItem(world, id);
  const invoice = world.store.invoices.find(item.invoice);
  if (invoice) refuseFinal(invoice, "id");
  deleteInvoiceItem(world, item);
  if (invoice) removeLine(world, invoice, item);
  return { id, object: "invoiceitem", deleted: true };
}

const listFilters = { customer: text, invoice: text, pending: boolean };

export const invoiceItemRoutes: Route[] = [
  route("POST", "/v1/invoiceitems", createParams, createItem),
  listRoute("/v1/invoiceitems", "invoiceitem", listFilters, (world, { customer, invoice, pending }) =>
    choose(
      world.store.invoiceItems,
      { invoice, customer },
      (row) => pending === undefined || (row.invoice === null) === pending,
    ),
  ),
  route("GET", "/v1/invoiceitems/:id", schema({}), (world, _, { id }) => getItem(world, id)),
  route("DELETE", "/v1/invoiceitems/:id", schema({}), (world, _, { id }) => deleteItem(world, id)),
];
