import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSetting, type SettingName, settings } from "./index.ts";

/** As Supabase's projects had them: https://supabase.com/docs/guides/api/api-keys */
function legacyKey(role: "anon" | "service_role"): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString("base64url");
  return [part({ alg: "HS256", typ: "JWT" }), part({ iss: "supabase", ref: "abc", role }), "canary"].join(".");
}

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
  ["STRIPE_SECRET_KEY", "pk_test_canary", "holds the publishable key of Stripe: copy the secret key"],
  ["STRIPE_SECRET_KEY", "whsec_canary", "holds a webhook's signing secret: copy the secret key"],
  ["STRIPE_SECRET_KEY", "sb_secret_canary", "holds a secret key of Supabase's: copy the secret key"],
  ["STRIPE_SECRET_KEY", "canary", "holds no such key: copy the secret key"],
  ["STRIPE_SECRET_KEY", "sk_test_…", "holds a secret key of Stripe's: copy the secret key"],
  ["STRIPE_WEBHOOK_SECRET", "canary", "holds no such key: copy the signing secret"],
  ["STRIPE_WEBHOOK_SECRET", "whsec_new,sk_test_canary", "holds a secret key of Stripe's: copy the signing secret"],
  ["STRIPE_WEBHOOK_SECRET", " , ", "is not set"],
  ["STRIPE_PUBLISHABLE_KEY", "sk_live_canary", "holds a secret key of Stripe's: copy the publishable key"],
  ["SUPABASE_PUBLISHABLE_KEY", "sb_secret_canary", "holds a secret key of Supabase's: copy the publishable key"],
  ["SUPABASE_PUBLISHABLE_KEY", legacyKey("service_role"), "holds a JWT of another kind: copy the publishable key"],
  ["SUPABASE_SECRET_KEY", "sb_publishable_canary", "holds the publishable key of Supabase: copy a secret key"],
  ["SUPABASE_SECRET_KEY", legacyKey("anon"), "holds a JWT of another kind: copy a secret key"],
  ["SUPABASE_SECRET_KEY", "eyJcanary", "holds a JWT of another kind: copy a secret key"],
  ["SUPABASE_SECRET_KEY", "sbp_canary", "holds an access token for Supabase's own API: copy a secret key"],
  ["SUPABASE_URL", "https://abc.supabase.co/rest/v1", "has more than a host"],
  ["SUPABASE_URL", "https://supabase.com/dashboard/project/abc", "has more than a host"],
  ["SITE_URL", "https://me:canary@app.example.com", "has more than a host"],
  ["STRIPE_API_BASE", "https://api.stripe.com/v1", "has more than a host"],
  ["ALARM_EMAIL", "ops", "is no single e-mail address"],
  ["ALARM_EMAIL", "a@example.com,b@example.com", "is no single e-mail address"],
  ["SITE_HOSTED_ZONE_ID", "example.com", "is no zone's id"],
  ["SITE_CERTIFICATE_ARN", "arn:aws:acm:eu-central-1:123456789012:certificate/1", "is no certificate of us-east-1"],
  ["TURNPIKE_DATA_DIR", "a\nb", "holds a line break"],
  ["STRIPE_API_BASE", "null", 'is the word "null"'],
  ["PORT", "NaN", 'is the word "NaN"'],
])("a setting that cannot be used is named: %s=%s", (name, value, says) => {
  const read = () => readSetting(name, { [name]: value });
  expect(read).toThrow(new RegExp(`^${name} .*${says}`));
  expect(read).not.toThrow("canary");
});

it("every kind of key that works is taken, and the spaces around it for none of it", () => {
  for (const key of ["sk_test_1", "sk_live_1", "rk_test_1", "rk_live_1"])
    expect(readSetting("STRIPE_SECRET_KEY", { STRIPE_SECRET_KEY: ` ${key}\n` })).toBe(key);
  for (const key of ["sb_publishable_a-b_c", legacyKey("anon")])
    expect(readSetting("SUPABASE_PUBLISHABLE_KEY", { SUPABASE_PUBLISHABLE_KEY: key })).toBe(key);
  for (const key of ["sb_secret_a-b_c", legacyKey("service_role")])
    expect(readSetting("SUPABASE_SECRET_KEY", { SUPABASE_SECRET_KEY: key })).toBe(key);
  const STRIPE_WEBHOOK_SECRET = "whsec_new , whsec_old,";
  expect(readSetting("STRIPE_WEBHOOK_SECRET", { STRIPE_WEBHOOK_SECRET })).toBe("whsec_new,whsec_old");
  expect(readSetting("SUPABASE_URL", { SUPABASE_URL: "https://Abc.supabase.co/" })).toBe("https://abc.supabase.co");
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
