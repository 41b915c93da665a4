import { expect, it } from "vitest";
import { hide, holdsKey, redact } from "./redact.ts";

it.each([
  "sk_live_51Abc",
  "rk_test_51Abc",
  "whsec_abc+/=",
  "sb_secret_abc",
  "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.abc-_",
  "AKIAIOSFODNN7EXAMPLE",
  "postgresql://postgres:secret@db.one.supabase.co:5432/postgres",
])("%s is said nowhere, whatever it was pasted for", (key) => {
  expect(holdsKey(`--stage=${key}`)).toBe(true);
  expect(redact(`"${key}" is no stage's name.`)).toBe('"…" is no stage\'s name.');
});

it("what only its name tells to be a secret is hidden once it is known, each of several", () => {
  hide({
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
    STRIPE_WEBHOOK_SECRET: "first-secret,second-secret",
    SITE_URL: "https://a.example",
  });
  expect(redact("wJalrXUtnFEMI second-secret at https://a.example")).toBe("… … at https://a.example");
});

it.each(["sk_test_…", "cus_5WBYsGqNZTUlgo", "evt_1Q", "prod", "ada@example.com"])("%s is no key", (text) => {
  expect(holdsKey(text)).toBe(false);
});
