import { found, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
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
      return choose(
        world.store.invoicePayments,
        { invoice, status },
        (row) => !payment?.payment_intent || row.payment.payment_intent === payment.payment_intent,
      );
    },
  ),
  route("GET", "/v1/invoice_payments/:id", schema({}), (world, _, { id }) => {
    return found(world.store.invoicePayments.find(id), "invoice payment", id);
  }),
  listRoute("/v1/charges", "charge", { customer: text, payment_intent: text }, (world, { payment_intent, customer }) =>
    choose(world.store.charges, { payment_intent, customer }),
  ),
  route("GET", "/v1/charges/:id", schema({}), (world, _, { id }) => {
    return found(world.store.charges.find(id), "charge", id);
  }),
];
