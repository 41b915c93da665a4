import { expect, it } from "vitest";
import { contentSecurityPolicy } from "./security-headers.ts";

const SUPABASE = "https://project.supabase.co";

it("Stripe's scripts and frames are let in where the site shows Checkout, and nowhere else", () => {
  const hosted = contentSecurityPolicy(SUPABASE, [], false);
  expect(hosted).toContain("script-src 'self';");
  expect(hosted).not.toMatch(/frame-src|js\.stripe\.com|api\.stripe\.com/);
  const embedded = contentSecurityPolicy(SUPABASE, [], true);
  expect(embedded).toContain("script-src 'self' https://js.stripe.com https://*.js.stripe.com;");
  expect(embedded).toMatch(/frame-src https:\/\/js\.stripe\.com [^;]*https:\/\/checkout\.stripe\.com;/);
  expect(embedded).toContain(`connect-src 'self' ${SUPABASE} https://api.stripe.com;`);
});
