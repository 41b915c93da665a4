import type { Route } from "../api/route.ts";
import { searchRoute } from "../api/search.ts";

/** What can be asked of each resource: https://docs.stripe.com/search#supported-query-fields-for-each-resource */
export const searchRoutes: Route[] = [
  searchRoute(
    "/v1/customers/search",
    "customers",
    { created: "numeric", email: "string", metadata: "token", name: "string", phone: "string" },
    (world) => world.searchable ?? world.store.customers.all(),
  ),
  searchRoute(
    "/v1/charges/search",
    "charges",
    {
      amount: "numeric",
      "billing_details.address.postal_code": "token",
      created: "numeric",
      currency: "token",
      customer: "token",
      disputed: "token",
      metadata: "token",
      "payment_method_details.card.brand": "token",
      "payment_method_details.card.exp_month": "token",
      "payment_method_details.card.exp_year": "token",
      "payment_method_details.card.fingerprint": "token",
      "payment_method_details.card.last4": "token",
      refunded: "token",
      status: "token",
    },
    ({ store }) => store.charges.all(),
  ),
  searchRoute(
    "/v1/invoices/search",
    "invoices",
    {
      created: "numeric",
      currency: "token",
      customer: "token",
      metadata: "token",
      number: "token",
      receipt_number: "token",
      status: "token",
      total: "numeric",
    },
    ({ store }) => store.invoices.all(),
  ),
  searchRoute(
    "/v1/payment_intents/search",
    "payment_intents",
    {
      amount: "numeric",
      created: "numeric",
      currency: "token",
      customer: "token",
      metadata: "token",
      status: "token",
    },
    ({ store }) => store.paymentIntents.all(),
  ),
  searchRoute(
    "/v1/prices/search",
    "prices",
    { active: "token", currency: "token", lookup_key: "token", metadata: "token", product: "token", type: "token" },
    ({ store }) => store.prices.all(),
  ),
  searchRoute(
    "/v1/products/search",
    "products",
    {
      active: "token",
      description: "string",
      metadata: "token",
      name: "string",
      shippable: "token",
      url: "string",
    },
    ({ store }) => store.products.all(),
  ),
  searchRoute(
    "/v1/subscriptions/search",
    "subscriptions",
    { canceled_at: "numeric", created: "numeric", metadata: "token", status: "token" },
    ({ store }) => store.subscriptions.all(),
  ),
];
