import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CONFORMANCE, conformancePage } from "./conformance.ts";
import { readStripeApi, writeStripeApi } from "./stripe-api.ts";

const api = readStripeApi();
const committed = readFileSync(new URL("../src/api/stripe-api.json", import.meta.url), "utf8");

it("what the emulator takes for Stripe's API is what the installed SDK declares (npm run generate)", () => {
  expect(writeStripeApi(api) === committed).toBe(true);
});

it("the page of what is like Stripe is what the code and its comments say (npm run generate)", () => {
  expect(readFileSync(CONFORMANCE, "utf8") === conformancePage()).toBe(true);
});

it("parameters are read with their kinds, and whether they are required", () => {
  const { operations, hashes } = api;
  expect(hashes[operations["POST /v1/refunds"]?.params ?? ""]).toMatchObject({
    amount: "number",
    metadata: ["empty", "map"],
    reason: { words: ["duplicate", "fraudulent", "requested_by_customer"] },
    refund_application_fee: "boolean",
  });
  expect(hashes[operations["POST /v1/prices"]?.params ?? ""]).toMatchObject({ "currency!": "string" });
  expect(hashes[operations["GET /v1/events"]?.params ?? ""]).toMatchObject({
    created: [{ hash: "RangeQueryParam" }, "number"],
    types: { array: "string" },
  });
});

it("knows all addresses of the SDK, and where answers lead", () => {
  const { operations, expandable } = api;
  expect(operations["POST /v1/payouts/:id/reverse"]).toEqual({});
  expect(operations["GET /v1/subscriptions"]).toMatchObject({ answer: ["Subscription"], list: true });
  expect(expandable.Subscription).toMatchObject({
    customer: { ids: ["Customer", "DeletedCustomer"] },
    items: { list: "SubscriptionItem" },
  });
  expect(expandable.Customer).toMatchObject({ subscriptions: { includable: "Subscription" } });
  expect(expandable["Invoice.Parent.SubscriptionDetails"]).toEqual({ subscription: { ids: ["Subscription"] } });
});
