import { expect, it } from "vitest";
import { assertAllowedRedirect, siteAt } from "./index.ts";

it("the site's own origin and the further ones are allowed", () => {
  expect(siteAt("https://app.example.com/shop", ["https://a.example"]).allowedOrigins).toEqual([
    "https://app.example.com",
    "https://a.example",
  ]);
});

it("the site's own pages may be redirected to", () => {
  const site = siteAt("https://app.example.com");
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
  const site = siteAt("https://app.example.com");
  expect(() => assertAllowedRedirect(site, url)).toThrow("Redirect URLs must be absolute and on one of");
});
