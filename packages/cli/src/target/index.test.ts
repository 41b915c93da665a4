import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { announceRunning, type Running } from "@turnpike/settings/running";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeTarget, resolveTarget } from "./index.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "turnpike-target-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const RUNNING: Running = {
  pid: process.pid,
  url: "http://localhost:3000",
  siteUrl: "http://localhost:3000",
  stripe: { secretKey: "sk_test_local", webhookSecret: "whsec_local" },
  supabase: { url: "http://localhost:3000", publishableKey: "sb_publishable_local", secretKey: "sb_secret_local" },
  sqs: { endpoint: "http://127.0.0.1:4000", region: "us-east-1", queues: {} },
};
const KEYS = {
  STRIPE_SECRET_KEY: "sk_live_one",
  SUPABASE_URL: "https://one.supabase.co",
  SUPABASE_SECRET_KEY: "sb_secret_one",
};
const DATA = { TURNPIKE_DATA_DIR: "." };

function writeDotenv(name: string, values: Record<string, string>): void {
  const lines = Object.entries(values).map((pair) => pair.join("="));
  writeFileSync(join(root, name), lines.join("\n"));
}

it("a stage's keys stand in a file of its own, and those of .env are not taken for them", () => {
  writeDotenv(".env", { ...KEYS, STRIPE_SECRET_KEY: "sk_test_laptop" });
  writeDotenv(".env.prod", { ...KEYS, SITE_URL: "https://one.example" });
  const target = resolveTarget(root, "prod", {});
  expect(target).toMatchObject({ kind: "stage", stage: "prod", siteUrl: "https://one.example" });
  expect(target.stripe.secretKey).toBe("sk_live_one");
  expect(() => resolveTarget(root, "staging", {})).toThrow(
    "set STRIPE_SECRET_KEY, SUPABASE_URL, SUPABASE_SECRET_KEY in",
  );
});

it.each([
  ["STRIPE_SECRET_KEY", "pk_live_one", "the publishable key"],
  ["STRIPE_SECRET_KEY", "sb_secret_one", "a secret key of Supabase's"],
  ["STRIPE_SECRET_KEY", "whsec_one", "a webhook's signing secret"],
  ["SUPABASE_SECRET_KEY", "sk_live_one", "a secret key of Stripe's"],
  ["SUPABASE_SECRET_KEY", "sb_publishable_one", "the publishable key"],
])("%s that holds %s is sent to nobody, and not said", (name, value, is) => {
  const resolve = () => resolveTarget(root, "prod", { ...KEYS, [name]: value });
  expect(resolve).toThrow(`${name} holds ${is}`);
  expect(resolve).not.toThrow(value);
});

it("live mode is said loudly, and no key is", () => {
  writeDotenv(".env.prod", KEYS);
  expect(describeTarget(resolveTarget(root, "prod", {}))).toBe(
    "On stage prod: Stripe in LIVE mode, https://one.supabase.co",
  );
});

it("keys that are complete stand before a local system on other ones", () => {
  announceRunning(root, RUNNING);
  expect(resolveTarget(root, undefined, { ...DATA, ...KEYS })).toMatchObject({ kind: "environment" });
  // What npm start runs on, too: it makes up what is missing.
  const { SUPABASE_SECRET_KEY: _, ...fewer } = KEYS;
  expect(resolveTarget(root, undefined, { ...DATA, ...fewer })).toMatchObject({ kind: "local" });
});

it("a local system on these very keys lends its queues", () => {
  announceRunning(root, { ...RUNNING, supabase: { ...RUNNING.supabase, url: KEYS.SUPABASE_URL } });
  expect(resolveTarget(root, undefined, { ...DATA, ...KEYS })).toMatchObject({ kind: "local" });
  announceRunning(root, { ...RUNNING, pid: 2 ** 22 + 1, supabase: { ...RUNNING.supabase, url: KEYS.SUPABASE_URL } });
  expect(resolveTarget(root, undefined, { ...DATA, ...KEYS })).toMatchObject({ kind: "environment" });
});
