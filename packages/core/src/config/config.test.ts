import { expect, it } from "vitest";
import { assertAllowedRedirect, readSetting, readSite } from "./index.ts";

it("the site's own origin and the further ones are allowed, however they are written", () => {
  const site = readSite({
    SITE_URL: "https://app.example.com/",
    ALLOWED_ORIGINS: "https://a.example/path, http://localhost:5173",
  });
  expect(site).toEqual({
    url: "https://app.example.com",
    allowedOrigins: ["https://app.example.com", "https://a.example", "http://localhost:5173"],
  });
});

it.each([
  ["SITE_URL", undefined, "is not set"],
  ["SITE_URL", "", "is not set"],
  ["SITE_URL", "app.example.com", "is malformed"],
  ["SITE_URL", "ftp://app.example.com", "is malformed"],
  ["ALLOWED_ORIGINS", "https://a.example,nonsense", "is malformed"],
  ["SUPABASE_PUBLISHABLE_KEY", " ", "is malformed"],
] as const)("a setting that cannot be used is named: %s=%s", (name, value, state) => {
  expect(() => readSetting({ [name]: value }, name)).toThrow(`The setting ${name} ${state}`);
});

it("the pages of a site whose address is written with capitals or its port are still its own", () => {
  const site = readSite({ SITE_URL: "https://App.Example.com:443/" });
  expect(site).toEqual({ url: "https://app.example.com", allowedOrigins: ["https://app.example.com"] });
  expect(() => assertAllowedRedirect(site, `${site.url}/success?session_id={CHECKOUT_SESSION_ID}`)).not.toThrow();
});

it.each([
  "https://app.example.com.evil.example/",
  "https://app.example.com@evil.example/",
  "https://evil.example/https://app.example.com",
  "http://app.example.com/",
  "https://app.example.com:8443/",
  "javascript:alert(document.domain)",
  "data:text/html,hi",
  "//app.example.com/",
  "\\\\app.example.com",
  "",
])("no redirect leads to %s", (url) => {
  const site = readSite({ SITE_URL: "https://app.example.com" });
  expect(() => assertAllowedRedirect(site, url)).toThrow("Redirect URLs must be absolute and on one of");
});
