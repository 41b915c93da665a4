import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEnvironment } from "@turnpike/settings/dotenv";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../user-error.ts";
import { readDataDir, readPort, readSettings, stacksEnvironment } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (environment: Record<string, string>) => readSettings(environment, folder, 4000);

it("makes up keys once and keeps them, for their owner only", () => {
  const first = read({});
  expect(read({})).toEqual(first);
  const file = join(folder, "settings.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    supabasePublishableKey: expect.stringMatching(/^sb_publishable_/),
    supabaseSecretKey: expect.stringMatching(/^sb_secret_/),
    stripeWebhookSecret: expect.stringMatching(/^whsec_/),
    stripeSecretKey: expect.stringMatching(/^sk_test_/),
  });
});

it("lets every key and secret be set by its variable", () => {
  const { privateKey: _, ...key } = { ...read({}).supabase.signingKey, privateKey: undefined };
  const settings = read({
    STRIPE_WEBHOOK_SECRET: "whsec_new,whsec_old",
    SUPABASE_PUBLISHABLE_KEY: "sb_publishable_mine",
    SUPABASE_SECRET_KEY: "sb_secret_mine",
    SUPABASE_JWT_KEY: JSON.stringify({ ...key, kid: "mine" }),
    SITE_URL: "https://app.example.com/",
  });
  expect(settings.stripe.webhookSecret).toBe("whsec_new,whsec_old");
  expect(settings.siteUrl).toBe("https://app.example.com");
  expect(settings.supabase).toMatchObject({
    embedded: true,
    publishableKey: "sb_publishable_mine",
    secretKey: "sb_secret_mine",
    signingKey: { kid: "mine" },
  });
});

describe("which Stripe", () => {
  it("is the emulator by default", () => {
    expect(read({}).stripe).toMatchObject({ emulated: true, apiBase: "http://127.0.0.1:4000" });
  });
  it("is the real one with a secret key", () => {
    const { stripe } = read({ STRIPE_SECRET_KEY: "sk_test_real" });
    expect(stripe).toMatchObject({ emulated: false, secretKey: "sk_test_real" });
    expect(stripe).not.toHaveProperty("apiBase");
  });
  it("is asked in one mode", () => {
    const live = { STRIPE_SECRET_KEY: "rk_live_1", STRIPE_PUBLISHABLE_KEY: "pk_live_1" };
    expect(read(live).stripe).toMatchObject({ secretKey: "rk_live_1", publishableKey: "pk_live_1" });
    expect(() => read({ ...live, STRIPE_PUBLISHABLE_KEY: "pk_test_1" })).toThrow("are of different modes");
  });
  it("brings events over EventBridge only when it is the emulator", () => {
    expect(read({}).stripe.eventDestination).toBe("webhook");
    expect(read({ STRIPE_EVENT_DESTINATION: "both" }).stripe).toMatchObject({
      eventDestination: "both",
      eventSource: "aws.partner/stripe.com/ed_local",
    });
    const real = { STRIPE_SECRET_KEY: "sk_test_real", STRIPE_EVENT_DESTINATION: "eventbridge" };
    expect(() => read(real)).toThrow("EventBridge brings Stripe's own events to AWS alone");
  });
  it("is another server at its address", () => {
    const { stripe } = read({ STRIPE_API_BASE: "http://127.0.0.1:12111" });
    expect(stripe).toMatchObject({ emulated: false, apiBase: "http://127.0.0.1:12111" });
  });
  it("is the emulator, with a key of one's own, at our own address", () => {
    const { stripe } = read({ STRIPE_API_BASE: "http://localhost:4000", STRIPE_SECRET_KEY: "sk_test_mine" });
    expect(stripe).toMatchObject({ emulated: true, secretKey: "sk_test_mine" });
  });
});

it("uses a hosted Supabase at its address, and says which key it lacks", () => {
  const hosted = {
    SUPABASE_URL: "https://abc.supabase.co",
    SUPABASE_PUBLISHABLE_KEY: "sb_publishable_p",
    SUPABASE_SECRET_KEY: "sb_secret_s",
  };
  expect(read(hosted).supabase).toMatchObject({ embedded: false, url: "https://abc.supabase.co" });
  const { SUPABASE_SECRET_KEY: _, ...lacking } = hosted;
  expect(() => read(lacking)).toThrow(/SUPABASE_SECRET_KEY must be too/);
});

it("keeps the embedded Supabase at our own address, as it keeps the emulator", () => {
  for (const SUPABASE_URL of ["http://localhost:4000", "http://127.0.0.1:4000/"]) {
    expect(read({ SUPABASE_URL }).supabase).toMatchObject({ embedded: true, url: "http://localhost:4000" });
  }
});

it.each<Record<string, string>>([
  {},
  { STRIPE_SECRET_KEY: "sk_test_real" },
  { SUPABASE_URL: "https://abc.supabase.co" },
])("gives the stacks only what is set, with %o", (given) => {
  const environment = { SUPABASE_PUBLISHABLE_KEY: "sb_publishable_p", SUPABASE_SECRET_KEY: "sb_secret_s", ...given };
  const written = stacksEnvironment(environment, read(environment));
  expect(Object.values(written)).not.toContain(undefined);
  expect("STRIPE_API_BASE" in written).toBe(!("STRIPE_SECRET_KEY" in given));
});

it("keeps from the stacks what only a deploy uses, so that the same .env does for both", () => {
  const written = stacksEnvironment(
    { WAF: "on", SITE_HOSTED_ZONE_ID: "example.com", AWS_REGION: "eu-central-1" },
    read({}),
  );
  expect(written).toMatchObject({ AWS_REGION: "eu-central-1" });
  for (const name of ["WAF", "SITE_HOSTED_ZONE_ID"]) expect(written).not.toHaveProperty(name);
});

it("takes the spaces around a key for none of it", () => {
  const { stripe } = read({ STRIPE_SECRET_KEY: " sk_test_mine ", STRIPE_WEBHOOK_SECRET: "whsec_mine\n" });
  expect(stripe).toMatchObject({ secretKey: "sk_test_mine", webhookSecret: "whsec_mine" });
});

it("works under localhost and under 127.0.0.1", () => {
  const { siteUrl, allowedOrigins } = read({ ALLOWED_ORIGINS: "https://other.example" });
  expect(siteUrl).toBe("http://localhost:4000");
  expect(allowedOrigins).toEqual(["http://127.0.0.1:4000", "https://other.example"]);
});

it.each([["abc"], ["-1"], ["65536"], ["3000.5"], ["0x10"]])("refuses %s as a port, by the variable's name", (PORT) => {
  expect(() => readPort({ PORT })).toThrow(/^PORT is/);
});

it.each([
  ["SITE_URL", "app.example.com"],
  ["SUPABASE_JWT_KEY", "{}"],
  ["STRIPE_API_BASE", "ftp://example.com"],
  ["STRIPE_SECRET_KEY", "undefined"],
])("refuses a malformed %s by its name", (name, value) => {
  expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name} is`));
});

it.each([
  ["ON_USER_DELETE", "nuke"],
  ["TRIAL_REQUIRES_CARD", "yes"],
  ["STRIPE_CUSTOM_DOMAINS", "https://pay.example.com"],
])("refuses what only the stacks read, before they do: %s=%s", (name, value) => {
  expect(() => read({ [name]: value })).toThrow(UserError);
  expect(() => read({ [name]: value })).toThrow(name);
});

it("keeps no data in a folder that holds the project: beginning anew would delete it", () => {
  for (const TURNPIKE_DATA_DIR of [".", "..", "/"])
    expect(() => readDataDir(folder, { TURNPIKE_DATA_DIR })).toThrow("TURNPIKE_DATA_DIR holds the project itself");
  expect(readDataDir(folder, { TURNPIKE_DATA_DIR: "..data" })).toBe(join(folder, "..data"));
  expect(readDataDir(folder, { TURNPIKE_DATA_DIR: "../data" })).toBe(join(folder, "../data"));
});

it("takes the environment before .env, and an empty value for none", () => {
  writeFileSync(join(folder, ".env"), "PORT=1111\nSITE_URL=https://from.file\nSTRIPE_SECRET_KEY=\n");
  const environment = loadEnvironment(folder, { PORT: "2222", SITE_URL: "" });
  expect(environment).toEqual({ PORT: "2222", SITE_URL: "https://from.file" });
});
