import type Stripe from "stripe";
import { ApiError, invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { boolean, type Fields, ignored, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { closeInvoice } from "../billing/closing.ts";
import { namedMethod, payInvoice, paymentMethodOf } from "../billing/collecting.ts";
import { setDelinquent } from "../billing/delinquency.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import { defaultPaymentOf, markPaid } from "../billing/invoice-payments.ts";
import { finalizeInvoice } from "../billing/invoicing.ts";
import { declineOf } from "../billing/payment.ts";
import type { World } from "../world.ts";
import {
  attributes,
  createInvoice,
  createParams,
  deleteInvoice,
  expectStatus,
  finalize,
  getInvoice,
  refuseDeletedCustomer,
  refuseUnfinalized,
  send,
  updateInvoice,
} from "./invoice-editing.ts";
import { attachParams, attachPayment } from "./invoice-parts.ts";
import { previewInvoice, previewParams, readUpcoming, refuseWholeCustomer, upcomingParams } from "./invoice-preview.ts";
import { methodFromParam, refuseOthersMethod } from "./payment-methods.ts";
import { previewSchedule } from "./schedule-preview.ts";

const payParams = schema({
  off_session: ignored,
  paid_out_of_band: boolean,
  payment_method: text,
} satisfies Fields<keyof Stripe.InvoicePayParams>);

/** 402 when the card is declined: the attempt has happened nevertheless. */
function pay(world: World, id: string, params: ParamsOf<typeof payParams>): Invoice {
  const { status } = getInvoice(world, id);
  if (status === "paid") throw invalid("Invoice is already paid", "invoice_already_paid");
  if (status === "draft") {
    refuseDeletedCustomer(world, getInvoice(world, id));
    finalizeInvoice(world, id);
  }
  if (status !== "draft" && status !== "open" && status !== "uncollectible")
    throw invalid(`This invoice is ${status}.`);
  const invoice = getInvoice(world, id);
  if (invoice.status === "paid") return invoice;
  refuseUnfinalized(invoice);
  const intent = world.store.paymentIntents.find(defaultPaymentOf(world, id)?.payment.payment_intent);
  if (intent?.status === "processing") {
    throw invalid("This invoice has a payment that is processing.", "payment_intent_unexpected_state");
  }
  if (params.paid_out_of_band) return markPaid(world, id, { by: "out_of_band" });
  const named = params.payment_method ?? namedMethod(world, invoice);
  const method = named === null ? paymentMethodOf(world, invoice) : methodFromParam(world, named, "payment_method");
  if (!method) {
    const message =
      "There is no default_payment_method set on this Customer or Invoice. Please set a default_payment_method.";
    throw invalid(message, "invoice_no_payment_method_types");
  }
  refuseOthersMethod(method, invoice.customer);
  // The SDK's comment on `payment_method`: one that belongs to the invoice's customer.
  if (method.customer === null) throw noSuch("PaymentMethod", method.id, "payment_method");
  const attempt = payInvoice(world, id, method);
  if (attempt === "declined" || attempt === "requires_action") throw refusal(world, id, attempt);
  return getInvoice(world, id);
}

/** Stripe's decline, or that the bank wants to see its customer. */
function refusal(world: World, id: string, attempt: "declined" | "requires_action"): ApiError {
  const intent = world.store.paymentIntents.get(defaultPaymentOf(world, id)?.payment.payment_intent);
  if (attempt === "declined") return new ApiError(402, { type: "card_error", ...declineOf(intent.last_payment_error) });
  const message = "This payment requires additional user action before it can be completed successfully.";
  return new ApiError(402, { type: "card_error", code: "invoice_payment_intent_requires_action", message });
}

export const invoiceRoutes: Route[] = [
  listRoute(
    "/v1/invoices",
    "invoice",
    { customer: text, subscription: text, status: oneOf("draft", "open", "paid", "uncollectible", "void") },
    (world, { customer, subscription, status }) =>
      choose(
        world.store.invoices,
        { customer, status },
        (row) => subscription === undefined || row.parent?.subscription_details?.subscription === subscription,
      ),
  ),
  route("POST", "/v1/invoices/create_preview", previewParams, (world, params) => {
    refuseWholeCustomer(params);
    return params.schedule === undefined && params.schedule_details === undefined
      ? previewInvoice(world, params)
      : previewSchedule(world, params);
  }),
  { ...route("GET", "/v1/invoices/upcoming", upcomingParams, readUpcoming), until: "2025-03-31.basil" },
  route("GET", "/v1/invoices/:id", schema({}), (world, _, { id }) => getInvoice(world, id)),
  listRoute("/v1/invoices/:id/lines", "line item", {}, (world, _, { id }) =>
    [...getInvoice(world, id).lines.data].reverse(),
  ),
  route("POST", "/v1/invoices", createParams, createInvoice),
  route("POST", "/v1/invoices/:id", schema(attributes), (world, params, { id }) => updateInvoice(world, id, params)),
  route("DELETE", "/v1/invoices/:id", schema({}), (world, _, { id }) => deleteInvoice(world, id)),
  route("POST", "/v1/invoices/:id/finalize", schema({ auto_advance: boolean }), (world, params, { id }) =>
    finalize(world, id, params.auto_advance),
  ),
  route("POST", "/v1/invoices/:id/send", schema({}), (world, _, { id }) => send(world, id)),
  route("POST", "/v1/invoices/:id/void", schema({}), (world, _, { id }) => {
    expectStatus(getInvoice(world, id), ["open", "uncollectible"], "void");
    return closeInvoice(world, id, "void");
  }),
  route("POST", "/v1/invoices/:id/mark_uncollectible", schema({}), (world, _, { id }) => {
    expectStatus(getInvoice(world, id), ["open"], "mark uncollectible");
    const closed = closeInvoice(world, id, "uncollectible");
    setDelinquent(world, closed.customer, false);
    return closed;
  }),
  route("POST", "/v1/invoices/:id/attach_payment", attachParams, (world, params, { id }) =>
    attachPayment(world, id, params),
  ),
  route("POST", "/v1/invoices/:id/pay", payParams, (world, params, { id }) => pay(world, id, params)),
];
