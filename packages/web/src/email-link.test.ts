import { expect, test } from "vitest";
import { linkIn } from "./email-link.ts";

const CODE = "0b0e3b9e-9d1c-4d55-8a3f-0d4c3a1f2b6e";

test("a link that failed is told of as well where it led to a page for those who are signed in, and from there to sign-in", () => {
  expect(linkIn({ search: "?error=access_denied&error_code=otp_expired", hash: "" })).toBe("expired");
  const onward = (next: string) => linkIn({ search: `?${new URLSearchParams({ next })}`, hash: "" });
  expect(onward("/settings?error=access_denied&error_code=otp_expired")).toBe("expired");
  expect(onward(`/settings?code=${CODE}`)).toBe("code");
  expect(onward("/account#error=access_denied&error_code=otp_expired")).toBe("expired");
  expect(linkIn({ search: "", hash: "#error=access_denied&error_description=No" })).toBe("refused");
  expect(onward("/account")).toBeUndefined();
});

test("what other systems write into an address is none of ours", () => {
  for (const search of ["?code=SUMMER", "?code=1&ref=ada", "?error=1", "?state=1&code=4%2F0AX4"])
    expect(linkIn({ search, hash: "" })).toBeUndefined();
  expect(linkIn({ search: `?code=${CODE}`, hash: "" })).toBe("code");
});
