import { DatabaseError } from "@turnpike/core/supabase";
import Stripe from "stripe";
import { expect, it } from "vitest";
import { describe as describeError } from "./log.ts";

it("a refusal of Stripe's is described with what leads to Stripe's own log", () => {
  const error = new Stripe.errors.StripeInvalidRequestError({
    type: "invalid_request_error",
    message: "No such customer: ada@example.com",
    code: "resource_missing",
    statusCode: 404,
    requestId: "req_1",
  });
  expect(describeError(error)).toMatchObject({
    errorCode: "resource_missing",
    stripeStatus: 404,
    stripeRequestId: "req_1",
    databaseStatus: undefined,
  });
  expect(JSON.stringify(describeError(error))).not.toContain("ada@");
});

it("a refusal of Postgres's does not pass for one of Stripe's", () => {
  const full = new DatabaseError({ code: "53100", message: "could not extend file" }, 503);
  expect(describeError(full)).toMatchObject({ errorCode: "53100", databaseStatus: 503, stripeStatus: undefined });
});
