import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSetting, type SettingName, settings } from "./index.ts";

it("the site's address and the further origins are read however they are written", () => {
  expect(readSetting("SITE_URL", { SITE_URL: "https://App.Example.com:443/" })).toBe("https://app.example.com");
  expect(readSetting("ALLOWED_ORIGINS", { ALLOWED_ORIGINS: "https://a.example/path, http://localhost:5173," })).toEqual(
    ["https://a.example", "http://localhost:5173"],
  );
});

it("domains of Stripe's pages are read as a list, in lower case", () => {
  const text = "Pay.Example.com, billing.example.co.uk,";
  expect(readSetting("STRIPE_CUSTOM_DOMAINS", { STRIPE_CUSTOM_DOMAINS: text })).toEqual([
    "pay.example.com",
    "billing.example.co.uk",
  ]);
  expect(readSetting("STRIPE_CUSTOM_DOMAINS", {})).toEqual([]);
});

it.each<[name: SettingName, value: string | undefined, says: string]>([
  ["SITE_URL", undefined, "is not set"],
  ["SITE_URL", "", "is not set"],
  ["SITE_URL", "app.example.com", "is no address"],
  ["SITE_URL", "ftp://app.example.com", "is no address"],
  ["ALLOWED_ORIGINS", "https://a.example,nonsense", "is no address"],
  ["STRIPE_CUSTOM_DOMAINS", "https://pay.example.com", "is no domain"],
  ["STRIPE_CUSTOM_DOMAINS", "pay.example.com; script-src *", "is no domain"],
  ["STRIPE_CUSTOM_DOMAINS", "*", "is no domain"],
  ["SUPABASE_PUBLISHABLE_KEY", " ", "is not set"],
  ["WAF", "yes", 'is "yes": set it to on'],
  ["ON_USER_DELETE", "delete", 'is "delete": set it to one of cancel, cancel_at_period_end, keep'],
  ["PORT", "65536", "is no port"],
  ["SUPABASE_JWT_KEY", "{}", "is no private ES256 key"],
  ["STRIPE_SECRET_KEY", "undefined", 'is the word "undefined"'],
  ["STRIPE_API_BASE", "null", 'is the word "null"'],
  ["PORT", "NaN", 'is the word "NaN"'],
])("a setting that cannot be used is named: %s=%s", (name, value, says) => {
  expect(() => readSetting(name, { [name]: value })).toThrow(new RegExp(`^${name} .*${says}`));
});

it("the text of a secret is in no error", () => {
  const secrets = Object.keys(settings).filter((name) => /KEY|SECRET/.test(name)) as SettingName[];
  expect(secrets.length).toBeGreaterThan(3);
  for (const name of secrets) {
    try {
      readSetting(name, { [name]: "canary{" });
    } catch (error) {
      expect(String(error)).not.toContain("canary");
    }
  }
});

it("a name that is misspelt does not compile", () => {
  // @ts-expect-error
  expect(() => readSetting("SITE_ULR", {})).toThrow();
});

it("what need not be set is not missed", () => {
  expect(readSetting("STRIPE_API_BASE", {})).toBeUndefined();
  expect(readSetting("ALARM_EMAIL", { ALARM_EMAIL: "" })).toBeUndefined();
  expect(readSetting("ALLOWED_ORIGINS", {})).toEqual([]);
  expect([readSetting("TRACING", {}), readSetting("TRACING", { TRACING: "on" })]).toEqual([false, true]);
  expect([readSetting("ON_USER_DELETE", {}), readSetting("ON_DOUBLE_SUBSCRIPTION", {})]).toEqual(["cancel", "cancel"]);
  expect([readSetting("PORT", {}), readSetting("PORT", { PORT: "4000" })]).toEqual([3000, 4000]);
});

it("SST bundles the settings along with the stacks", () => {
  // What the root's package.json names, SST leaves out of the bundle; see index.ts for what would follow.
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  expect({ ...dependencies, ...devDependencies }).not.toHaveProperty("@turnpike/settings");
});
