import type Stripe from "stripe";
import { FailedAttempt, found, invalid, noSuch } from "../api/errors.ts";
import {
  atMost,
  boolean,
  clearable,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { grant } from "../billing/discounting.ts";
import { draftInvoice, type Invoice } from "../billing/invoice-draft.ts";
import { pendingItems, takeInvoiceItems } from "../billing/invoice-item.ts";
import { price } from "../billing/invoice-pricing.ts";
import { finalizeInvoice } from "../billing/invoicing.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { type DiscountParam, discounts, offersFromParam } from "./discount-params.ts";
import { dueDateOf } from "./due-dates.ts";
import { refuseDefaultMethod } from "./payment-methods.ts";
import { currency } from "./price-params.ts";
import { daysUntilDue, liability } from "./subscription-params.ts";
import { refuseRatesBesideAutomaticTax, taxRates, taxRatesFromParam } from "./tax-rates.ts";

const HOUR_S = 3600;

export const attributes = {
  auto_advance: boolean,
  automatic_tax: hashOf(schema({ enabled: boolean, liability }, ["enabled"])),
  collection_method: oneOf("charge_automatically", "send_invoice"),
  days_until_due: daysUntilDue,
  default_payment_method: clearable(text),
  default_tax_rates: taxRates,
  description: clearable(atMost(1500)),
  discounts,
  due_date: integer,
  footer: clearable(text),
  metadata,
} satisfies Fields<keyof Stripe.InvoiceUpdateParams>;
type Attributes = Partial<ParamsOf<typeof updateParams>>;
const updateParams = schema(attributes);

export const createParams = schema(
  {
    ...attributes,
    currency,
    customer: text,
    pending_invoice_items_behavior: oneOf("exclude", "include"),
  } satisfies Fields<keyof Stripe.InvoiceCreateParams>,
  ["customer"],
);

export function getInvoice(world: World, id: string): Invoice {
  return found(world.store.invoices.find(id), "invoice", id);
}

function patchOf(params: Attributes): Partial<Invoice> {
  const {
    auto_advance,
    automatic_tax,
    collection_method,
    days_until_due: _days,
    due_date: _date,
    metadata: _metadata,
    discounts: _discounts,
    default_tax_rates: _rates,
    ...plain
  } = params;
  return {
    ...plain,
    ...(auto_advance === undefined ? {} : { auto_advance }),
    ...(collection_method === undefined ? {} : { collection_method }),
    ...(automatic_tax === undefined
      ? {}
      : {
          automatic_tax: {
            disabled_reason: null,
            enabled: automatic_tax.enabled,
            liability: automatic_tax.enabled ? { type: "self" } : null,
            provider: automatic_tax.enabled ? "stripe" : null,
            status: automatic_tax.enabled ? "requires_location_inputs" : null,
          },
        }),
  };
}

export function createInvoice(world: World, params: ParamsOf<typeof createParams>): Invoice {
  const { customer: customerId, currency: asked, pending_invoice_items_behavior: pending, ...given } = params;
  const customer = customerFromParam(world, customerId);
  refuseDefaultMethod(world, { customer: customer.id }, given.default_payment_method);
  const charged = { collection_method: "charge_automatically", created: world.now(), due_date: null } as const;
  const due = dueDateOf(world, charged, given);
  const id = newId("in");
  const first = world.store.invoiceItems.all().find((row) => row.customer === customer.id && row.invoice === null);
  const code = asked ?? first?.currency ?? customer.currency ?? "usd";
  const items = pending === "include" ? pendingItems(world, { customer: customer.id, currency: code }) : [];
  const lines = takeInvoiceItems(world, items, id);
  const draft = draftInvoice(world, {
    id,
    customer: customer.id,
    subscription: null,
    currency: code,
    reason: "manual",
    lines,
    discounts: granted(
      world,
      { id, customer: customer.id, currency: code },
      lines.map(({ amount, price: of }) => ({ amount, product: of?.product })),
      given.discounts,
    ),
    attributes: {
      auto_advance: false,
      ...patchOf(given),
      due_date: due,
      default_tax_rates: ratesAsked(world, given),
      automatically_finalizes_at: given.auto_advance ? world.now() + HOUR_S : null,
      metadata: mergeMetadata({}, given.metadata),
    },
  });
  if (draft.auto_advance) world.schedule("finalize_invoice", id, (world.now() + HOUR_S) * 1000);
  return draft;
}

/** The rates that an invoice has from now on; 400 where its tax is automatic. */
function ratesAsked(world: World, { automatic_tax: tax, default_tax_rates: asked }: Attributes, before?: Invoice) {
  const there = before?.default_tax_rates ?? [];
  const rates = taxRatesFromParam(world, asked, "default_tax_rates", there) ?? there;
  const automatic = tax?.enabled ?? before?.automatic_tax.enabled ?? false;
  refuseRatesBesideAutomaticTax(automatic, rates, "default_tax_rates");
  return rates;
}

/** The lines without the taxes that they have by default. */
function untaxed(world: World, { lines }: Invoice): Invoice["lines"] {
  const data = lines.data.map((line) => {
    const { subscription_item: sold, invoice_item: added } = {
      ...line.parent?.subscription_item_details,
      ...line.parent?.invoice_item_details,
    } as { subscription_item?: string; invoice_item?: string | null };
    const owner =
      world.store.invoiceItems.find(added) ??
      world.store.subscriptions.find(line.subscription)?.items.data.find(({ id }) => id === sold);
    return owner?.tax_rates?.length ? line : { ...line, taxes: [] };
  });
  return { ...lines, data };
}

/** Redeems what was asked for, for this one invoice. */
function granted(
  world: World,
  { id, customer, currency: code }: Pick<Invoice, "id" | "customer" | "currency">,
  lines: readonly { amount: number; product: string | undefined }[],
  asked: readonly DiscountParam[] | undefined,
): string[] {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0);
  const basket = { customer, currency: code, subtotal, products: lines.flatMap(({ product }) => product ?? []) };
  return offersFromParam(world, asked, basket).map((offer) => grant(world, offer, { customer, invoice: id }));
}

/** Nothing is billed any more to a customer who was deleted (https://docs.stripe.com/api/customers/delete). */
export function refuseDeletedCustomer(world: World, { customer }: Invoice): void {
  if (!world.store.customers.find(customer)) throw noSuch("customer", customer ?? "", "customer");
}

/** What an invoice costs, and how and when, is said while it is a draft (https://docs.stripe.com/api/invoices/update). */
const FINAL = [
  "automatic_tax",
  "collection_method",
  "days_until_due",
  "default_tax_rates",
  "discounts",
  "due_date",
] as const;

export function updateInvoice(world: World, id: string, params: Attributes): Invoice {
  const before = getInvoice(world, id);
  if (before.status === "draft") refuseDeletedCustomer(world, before);
  refuseDefaultMethod(world, before, params.default_payment_method);
  const patch = { ...patchOf(params), metadata: mergeMetadata(before.metadata, params.metadata) };
  if (before.status !== "draft") {
    const final = FINAL.find((name) => params[name] !== undefined);
    if (final !== undefined) throw invalid("Finalized invoices can't be updated in this way", undefined, final);
    return world.update("invoices", id, patch, "invoice.updated");
  }
  const lines = before.lines.data.map(({ amount, pricing }) => ({ amount, product: pricing?.price_details?.product }));
  const rates = ratesAsked(world, params, before);
  const taxed = {
    ...before,
    default_tax_rates: rates,
    lines: params.default_tax_rates ? untaxed(world, before) : before.lines,
  };
  const discounts = params.discounts ? granted(world, before, lines, params.discounts) : before.discounts;
  const due = { due_date: dueDateOf(world, before, params) };
  return world.update("invoices", id, price(world, { ...taxed, ...patch, ...due, discounts }), "invoice.updated");
}

export function expectStatus({ status }: Invoice, statuses: readonly string[], verb: string): void {
  if (statuses.includes(status ?? "")) return;
  throw invalid(`You can only ${verb} an invoice that is ${statuses.join(" or ")}. This invoice is ${status}.`);
}

export function deleteInvoice(world: World, id: string): Stripe.DeletedInvoice {
  const invoice = getInvoice(world, id);
  expectStatus(invoice, ["draft"], "delete");
  world.unschedule("finalize_invoice", id);
  for (const item of world.store.invoiceItems.all()) {
    if (item.invoice === id) world.update("invoiceItems", item.id, { invoice: null });
  }
  world.store.invoices.delete(id);
  world.emit("invoice.deleted", invoice);
  return { id, object: "invoice", deleted: true };
}

export function finalize(world: World, id: string, autoAdvance?: boolean): Invoice {
  expectStatus(getInvoice(world, id), ["draft"], "finalize");
  refuseDeletedCustomer(world, getInvoice(world, id));
  if (autoAdvance !== undefined) world.update("invoices", id, { auto_advance: autoAdvance });
  const invoice = finalizeInvoice(world, id);
  refuseUnfinalized(invoice);
  return invoice;
}

/** Stripe's 400 for an invoice that is still a draft, with the reason. */
export function refuseUnfinalized({ status, last_finalization_error: error }: Invoice): void {
  if (status !== "draft" || !error) return;
  const { message = "", code = "" } = error;
  throw new FailedAttempt(400, { type: "invalid_request_error", message, code });
}

/** The same where the invoice is a consequence of what was asked: nothing of that is done. */
export function refuseUnchargeable({ store }: World, id: string | null): void {
  const { status, last_finalization_error: error } = store.invoices.find(id) ?? {};
  if (status === "draft" && error) throw invalid(error.message ?? "", error.code);
}

/** Sends nothing: says that it was sent. */
export function send(world: World, id: string): Invoice {
  const { collection_method: method, status } = getInvoice(world, id);
  if (method !== "send_invoice")
    throw invalid("You can only manually send an invoice if its collection method is 'send_invoice'.");
  const invoice = status === "draft" ? finalize(world, id) : getInvoice(world, id);
  world.emit("invoice.sent", invoice);
  return invoice;
}
