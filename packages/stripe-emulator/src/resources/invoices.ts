import type Stripe from "stripe";
import { ApiError, invalid, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { boolean, type Fields, ignored, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { payInvoice, paymentMethodOf, subscriptionOf } from "../billing/collecting.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { finalizeInvoice, markPaid } from "../billing/invoicing.ts";
import { DECLINED } from "../billing/payment.ts";
import type { World } from "../world.ts";

export function getInvoice(world: World, id: string): Invoice {
  const invoice = world.store.invoices.find(id);
  if (!invoice) throw noSuch("invoice", id);
  return invoice;
}

const payParams = schema({
  forgive: boolean,
  off_session: ignored,
  paid_out_of_band: boolean,
  payment_method: text,
} satisfies Fields<keyof Stripe.InvoicePayParams>);

/** 402 when the card is declined: the attempt has happened nevertheless. */
function pay(world: World, id: string, params: ParamsOf<typeof payParams>): Invoice {
  const { status } = getInvoice(world, id);
  if (status === "paid") throw invalid("Invoice is already paid", "invoice_already_paid");
  if (status === "draft") finalizeInvoice(world, id);
  else if (status !== "open" && status !== "uncollectible") throw invalid(`This invoice is ${status}.`);
  const invoice = getInvoice(world, id);
  if (invoice.status === "paid") return invoice;
  if (params.paid_out_of_band) return markPaid(world, id);
  const own =
    params.payment_method ?? invoice.default_payment_method ?? subscriptionOf(world, invoice)?.default_payment_method;
  const method = paymentMethodOf(world, { customer: invoice.customer, default_payment_method: own ?? null });
  if (!method) {
    const message =
      "There is no default_payment_method set on this Customer or Invoice. Please set a default_payment_method.";
    throw invalid(message, "invoice_no_payment_method_types");
  }
  const attempt = payInvoice(world, id, method);
  if (attempt === "declined") throw new ApiError(402, { type: "card_error", ...DECLINED });
  return getInvoice(world, id);
}

export const invoiceRoutes: Route[] = [
  listRoute(
    "/v1/invoices",
    "invoice",
    { customer: text, subscription: text, status: oneOf("draft", "open", "paid", "uncollectible", "void") },
    (world, { customer, subscription, status }) =>
      world.store.invoices
        .all()
        .filter((row) => customer === undefined || row.customer === customer)
        .filter((row) => subscription === undefined || row.parent?.subscription_details?.subscription === subscription)
        .filter((row) => status === undefined || row.status === status),
  ),
  route("GET", "/v1/invoices/:id", schema({}), (world, _, { id = "" }) => getInvoice(world, id)),
  listRoute("/v1/invoices/:id/lines", "line item", {}, (world, _, { id = "" }) =>
    [...getInvoice(world, id).lines.data].reverse(),
  ),
  route("POST", "/v1/invoices/:id/pay", payParams, (world, params, { id = "" }) => pay(world, id, params)),
];
