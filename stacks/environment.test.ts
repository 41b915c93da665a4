import { afterEach, expect, it, vi } from "vitest";
import { environment } from "./environment.ts";

afterEach(() => vi.unstubAllEnvs());

it("a setting that is not set is left out", () => {
  vi.stubEnv("SITE_URL", "https://app.example.com");
  vi.stubEnv("ALLOWED_ORIGINS", "");
  vi.stubEnv("STRIPE_API_BASE", undefined);
  const written = environment("SITE_URL", "ALLOWED_ORIGINS", "STRIPE_API_BASE");
  expect(Object.entries(written)).toEqual([["SITE_URL", "https://app.example.com"]]);
});

it("a setting that no function could read ends the deploy, not the function", () => {
  vi.stubEnv("STRIPE_API_BASE", "undefined");
  expect(() => environment("STRIPE_API_BASE")).toThrow(/^STRIPE_API_BASE is the word "undefined"/);
});
