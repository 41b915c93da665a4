import { expect, test } from "vitest";
import { authMessage } from "./auth-message.ts";

test("a wrong password does not tell whether the account exists", () => {
  const message = authMessage({
    name: "AuthApiError",
    code: "invalid_credentials",
    message: "Invalid login credentials",
  });
  expect(message).toMatch(/do not match/);
});

test("a weak password is refused with the rule that it breaks", () => {
  const rule = "Password should be at least 8 characters.";
  expect(authMessage({ name: "AuthWeakPasswordError", code: "weak_password", message: rule })).toContain(rule);
});

test("a server that fails is not a lost connection, which alone is to be checked", () => {
  const said = (status: number) => authMessage({ name: "AuthRetryableFetchError", status, message: "{}" });
  expect(said(0)).toMatch(/Check your connection/);
  for (const status of [500, 503, 520]) expect(said(status)).toMatch(/fails at the moment; your connection is fine/);
});

test("an inner message is never shown", () => {
  expect(authMessage({ name: "AuthApiError", code: "unexpected_failure", message: "pq: relation" })).not.toContain(
    "pq",
  );
});
