import { expect, test } from "vitest";
import { linkIn } from "./email-link.ts";

test("a link that failed is told of as well where it led to a page for those who are signed in, and from there to sign-in", () => {
  expect(linkIn({ search: "?error=access_denied&error_code=otp_expired", hash: "" })).toBe("expired");
  const onward = (next: string) => linkIn({ search: `?${new URLSearchParams({ next })}`, hash: "" });
  expect(onward("/settings?error=access_denied&error_code=otp_expired")).toBe("expired");
  expect(onward("/settings?code=1")).toBe("code");
  expect(onward("/account#error=access_denied&error_code=otp_expired")).toBe("expired");
  expect(linkIn({ search: "", hash: "#error=access_denied" })).toBe("refused");
  expect(onward("/account")).toBeUndefined();
});
