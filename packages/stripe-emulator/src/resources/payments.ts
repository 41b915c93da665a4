import { noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { hashOf, oneOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";

/** What billing produces and clients only read: payments of invoices and charges. */
export const paymentRoutes: Route[] = [
  listRoute(
    "/v1/invoice_payments",
    "invoice payment",
    {
      invoice: text,
      status: oneOf("canceled", "open", "paid"),
      payment: hashOf(schema({ type: oneOf("payment_intent"), payment_intent: text }, ["type"])),
    },
    (world, { invoice, status, payment }) => {
      if (invoice !== undefined && !world.store.invoices.find(invoice)) throw noSuch("invoice", invoice, "invoice");
      return world.store.invoicePayments
        .all()
        .filter((row) => invoice === undefined || row.invoice === invoice)
        .filter((row) => status === undefined || row.status === status)
        .filter((row) => !payment?.payment_intent || row.payment.payment_intent === payment.payment_intent);
    },
  ),
  route("GET", "/v1/invoice_payments/:id", schema({}), (world, _, { id = "" }) => {
    const payment = world.store.invoicePayments.find(id);
    if (!payment) throw noSuch("invoice payment", id);
    return payment;
  }),
  listRoute("/v1/charges", "charge", { customer: text, payment_intent: text }, (world, filters) =>
    world.store.charges
      .all()
      .filter((row) => filters.customer === undefined || row.customer === filters.customer)
      .filter((row) => filters.payment_intent === undefined || row.payment_intent === filters.payment_intent),
  ),
  route("GET", "/v1/charges/:id", schema({}), (world, _, { id = "" }) => {
    const charge = world.store.charges.find(id);
    if (!charge) throw noSuch("charge", id);
    return charge;
  }),
];
