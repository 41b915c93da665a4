import type Stripe from "stripe";
import { invalid, missingParameter, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
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
import { deleteInvoiceItem, type InvoiceItem, putInvoiceItem } from "../billing/invoice-item.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { currency } from "./price-params.ts";
import { activePriceFromParam } from "./prices.ts";

const createParams = schema(
  {
    amount: integer,
    currency,
    customer: text,
    description: text,
    discountable: boolean,
    metadata,
    pricing: hashOf(schema({ price: text }, ["price"])),
    quantity: integer,
    subscription: text,
  } satisfies Fields<keyof Stripe.InvoiceItemCreateParams>,
  ["customer"],
);

function createItem(world: World, params: ParamsOf<typeof createParams>): InvoiceItem {
  const customer = customerFromParam(world, params.customer);
  const quantity = params.quantity ?? 1;
  const price = params.pricing && activePriceFromParam(world, params.pricing.price, "pricing[price]");
  const amount = price ? (price.unit_amount ?? 0) * quantity : params.amount;
  if (amount === undefined) throw missingParameter("amount");
  return putInvoiceItem(world, {
    customer: customer.id,
    amount,
    currency: price?.currency ?? params.currency ?? customer.currency ?? "usd",
    description: params.description ?? null,
    discountable: params.discountable ?? true,
    metadata: mergeMetadata({}, params.metadata),
    price: price ?? null,
    quantity,
    subscription: params.subscription ?? null,
  });
}

function getItem(world: World, id: string): InvoiceItem {
  const item = world.store.invoiceItems.find(id);
  if (!item) throw noSuch("invoiceitem", id);
  return item;
}

function deleteItem(world: World, id: string): Stripe.DeletedInvoiceItem {
  const item = getItem(world, id);
  if (item.invoice !== null) throw invalid("This invoice item is on an invoice and can no longer be deleted.");
  deleteInvoiceItem(world, item);
  return { id, object: "invoiceitem", deleted: true };
}

const listFilters = { customer: text, invoice: text, pending: boolean };

export const invoiceItemRoutes: Route[] = [
  route("POST", "/v1/invoiceitems", createParams, createItem),
  listRoute("/v1/invoiceitems", "invoiceitem", listFilters, (world, { customer, invoice, pending }) =>
    world.store.invoiceItems
      .all()
      .filter((row) => customer === undefined || row.customer === customer)
      .filter((row) => invoice === undefined || row.invoice === invoice)
      .filter((row) => pending === undefined || (row.invoice === null) === pending),
  ),
  route("GET", "/v1/invoiceitems/:id", schema({}), (world, _, { id = "" }) => getItem(world, id)),
  route("DELETE", "/v1/invoiceitems/:id", schema({}), (world, _, { id = "" }) => deleteItem(world, id)),
];
