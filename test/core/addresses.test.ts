import type { ServerResponse } from "node:http";
import { fetchProjections, type ObjectName, objects } from "@turnpike/core/mirror";
import { beforeAll, describe, expect, it } from "vitest";
import { type LentStripe, lendStripe } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";

let lent: LentStripe;
beforeAll(async () => {
  lent = await lendStripe();
});

/** Where Stripe's API answers each object, with what its row needs. https://docs.stripe.com/api */
const ADDRESSES: Record<Exclude<ObjectName, "entitlements">, string> = {
  customer: "/v1/customers/x_1",
  product: "/v1/products/x_1",
  price: "/v1/prices/x_1?expand[0]=currency_options",
  subscription: "/v1/subscriptions/x_1",
  subscription_schedule: "/v1/subscription_schedules/x_1",
  checkout_session: "/v1/checkout/sessions/x_1?expand[0]=payment_intent&expand[1]=subscription",
  invoice: "/v1/invoices/x_1?expand[0]=payments.data.payment.payment_intent",
  invoice_payment: "/v1/invoice_payments/x_1",
  credit_note: "/v1/credit_notes/x_1",
  payment_intent: "/v1/payment_intents/x_1",
  charge: "/v1/charges/x_1",
  refund: "/v1/refunds/x_1",
  dispute: "/v1/disputes/x_1",
  early_fraud_warning: "/v1/radar/early_fraud_warnings/x_1",
  payment_method: "/v1/payment_methods/x_1",
};

function answer(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json", "stripe-should-retry": "false" });
  response.end(JSON.stringify(body));
}
const MISSING = { error: { type: "invalid_request_error", code: "resource_missing", message: "No such object" } };

it("every object has its address", () => {
  expect([...Object.keys(ADDRESSES), "entitlements"].sort()).toEqual(Object.keys(objects).sort());
});

it.each(Object.entries(ADDRESSES))(
  "Stripe is asked for a %s at its address, for all that the row needs",
  async (name, address) => {
    const { stripe, requests } = await standBefore(lent, (_, response) => answer(response, 404, MISSING));
    expect(await fetchProjections(stripe, name as ObjectName, "x_1")).toBeUndefined();
    expect(requests.map(decodeURIComponent)).toEqual([`GET ${address}`]);
  },
);

describe("what a customer may use", () => {
  const entitled = "GET /v1/entitlements/active_entitlements?customer=cus_1&limit=100";
  const customer = "GET /v1/customers/cus_1";
  /** A Stripe that answers so, when it is asked for the list and when it is asked for the customer. */
  const answering = (list: [status: number, body: object], ofCustomer: [status: number, body: object] = [500, {}]) =>
    standBefore(lent, ({ url = "" }, response) =>
      answer(response, ...(url.includes("/customers/") ? ofCustomer : list)),
    );

  it("is the whole of a list", async () => {
    const data = [{ id: "ent_1", lookup_key: "exports" }];
    const { stripe, requests } = await answering([200, { object: "list", data, has_more: false }]);
    const entitlements = await objects.entitlements.retrieve(stripe, "cus_1");
    expect(entitlements).toMatchObject({ id: "cus_1", lookup_keys: ["exports"], has_more: false });
    expect(requests).toEqual([entitled]);
  });

  it("is nothing where Stripe has forgotten it, and the customer is deleted", async () => {
    const { stripe, requests } = await answering([404, MISSING], [200, { id: "cus_1", deleted: true }]);
    const entitlements = await objects.entitlements.retrieve(stripe, "cus_1");
    expect(entitlements).toMatchObject({ id: "cus_1", lookup_keys: [], has_more: false });
    expect(entitlements.lastResponse.statusCode).toBe(200);
    expect(requests).toEqual([entitled, customer]);
  });

  it("cannot be said where Stripe does not know it, and the customer is there", async () => {
    const { stripe } = await answering([404, MISSING], [200, { id: "cus_1" }]);
    await expect(objects.entitlements.retrieve(stripe, "cus_1")).rejects.toMatchObject({ code: "resource_missing" });
  });

  it("cannot be said where Stripe does not answer: the customer is not asked for", async () => {
    const { stripe, requests } = await answering([400, { error: { type: "invalid_request_error", message: "No" } }]);
    await expect(objects.entitlements.retrieve(stripe, "cus_1")).rejects.toThrow("No");
    expect(requests).toEqual([entitled]);
  });
});
