import { OwnError } from "@turnpike/core/errors";
import { OtherAccountError } from "@turnpike/core/mirror";
import { DatabaseError } from "@turnpike/core/supabase";
import { readSetting } from "@turnpike/settings";
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

it("an error of our own is described with its message, which says why", () => {
  const lacking = () => readSetting("SUPABASE_URL", {});
  expect(describeError(thrownBy(lacking))).toMatchObject({
    error: "SettingError",
    reason: "SUPABASE_URL is not set. It is described in .env.example.",
  });
  for (const error of [new OwnError("why"), new OtherAccountError("why")]) {
    expect(describeError(error)).toMatchObject({ error: error.name, reason: "why" });
  }
});

it("an error of anybody else's is described without its message, which may quote a customer", () => {
  const unreadable = thrownBy(() => JSON.parse("ada@example.com"));
  expect(JSON.stringify(describeError(unreadable))).not.toContain("ada");
});

it("that nobody answered is described with the network's reason, in fetch's words and in Stripe's", () => {
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const detail = refused as unknown as string;
  const stripes = new Stripe.errors.StripeConnectionError({ type: "api_error", message: "no", detail });
  expect(describeError(stripes)).toMatchObject({ error: "StripeConnectionError", cause: "ECONNREFUSED" });
  expect(describeError(new TypeError("fetch failed", { cause: refused }))).toMatchObject({ cause: "ECONNREFUSED" });
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
