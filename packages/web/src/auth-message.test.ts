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

test("an inner message is never shown", () => {
  expect(authMessage({ name: "AuthApiError", code: "unexpected_failure", message: "pq: relation" })).not.toContain(
    "pq",
  );
});
