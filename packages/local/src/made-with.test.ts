import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStripeEmulator } from "@turnpike/stripe-emulator";
import { afterAll, beforeEach, expect, it, onTestFinished } from "vitest";
import type { Asked } from "./accounts.ts";
import { assertMadeWith } from "./made-with.ts";
import { readSettings } from "./settings/settings.ts";
import { startTestSupabase, type TestSupabase } from "./testing/index.ts";

// A port that nothing listens on.
const NOWHERE = "http://127.0.0.1:1";
const NEXT_STEP = /npm start -- --fresh.* TURNPIKE_DATA_DIR=/;

const one = await startTestSupabase();
const other = await startTestSupabase();
afterAll(() => Promise.all([one.close(), other.close()]));

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-made-with-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const { query } of [one, other]) await query("delete from billing.stripe_account");
});

const mirror = ({ query }: TestSupabase, account: string) =>
  query("select introduce_stripe_key('a hash', $1, false)", [account]);
const hosted = ({ url, publishableKey, secretKey }: TestSupabase) => ({
  SUPABASE_URL: url,
  SUPABASE_PUBLISHABLE_KEY: publishableKey,
  SUPABASE_SECRET_KEY: secretKey,
});

/** An emulated Stripe with an account of its own. */
function newEmulator() {
  const emulator = createStripeEmulator({ publicUrl: "http://localhost:4000" });
  onTestFinished(() => emulator.close());
  return emulator;
}

async function start(environment: Record<string, string>, parts: Partial<Asked> = {}): Promise<string> {
  const lines: string[] = [];
  const settings = readSettings(environment, folder, 4000);
  const asked = { settings, emulator: undefined, embedded: undefined, ...parts };
  await assertMadeWith(folder, asked, (_, line) => lines.push(line));
  return lines.join("\n");
}

it("a data folder begins again with what it was made with", async () => {
  const parts = { emulator: newEmulator(), embedded: one };
  expect(await start({}, parts)).toBe("");
  expect(await start({}, parts)).toBe("");
});

it("a data folder made with another Stripe account is refused", async () => {
  await start({}, { emulator: newEmulator(), embedded: one });
  const again = start({}, { emulator: newEmulator(), embedded: one });
  await expect(again).rejects.toThrow(
    /was made with the Stripe account acct_\w+ in test mode, and not with the emulator's/,
  );
  await expect(again).rejects.toThrow(NEXT_STEP);
});

it("rows of another Stripe account in the embedded Supabase are refused, in whatever way they came there", async () => {
  await mirror(one, "acct_before");
  const again = start({}, { emulator: newEmulator(), embedded: one });
  await expect(again).rejects.toThrow("was made with the Stripe account acct_before in test mode");
  await expect(again).rejects.toThrow(NEXT_STEP);
});

it("a data folder made with another Supabase is refused, from the embedded to a hosted one and between two hosted ones", async () => {
  const emulator = newEmulator();
  await start({}, { emulator, embedded: one });
  await expect(start(hosted(one), { emulator })).rejects.toThrow(
    /was made with the embedded Supabase, and not with http/,
  );
  rmSync(join(folder, "made-with.json"));
  await start(hosted(one), { emulator });
  await expect(start(hosted(other), { emulator })).rejects.toThrow(NEXT_STEP);
});

it("a hosted Supabase that mirrors another Stripe account is refused, by its address", async () => {
  await mirror(one, "acct_of_production");
  await expect(start(hosted(one), { emulator: newEmulator() })).rejects.toThrow(
    `${one.url} mirrors the Stripe account acct_of_production in test mode, and not the emulator's`,
  );
});

it("a key that Supabase refuses, and a project without the tables, are said at the start", async () => {
  const emulator = newEmulator();
  const wrongKey = { ...hosted(one), SUPABASE_SECRET_KEY: "sb_secret_wrong" };
  await expect(start(wrongKey, { emulator })).rejects.toThrow("refuses SUPABASE_SECRET_KEY");
  const empty = await startTestSupabase({ migrationsDir: folder });
  onTestFinished(empty.close);
  await expect(start(hosted(empty), { emulator })).rejects.toThrow("supabase db push");
});

it("services that do not answer hold up no start, and what could not be checked is in the log and is not kept", async () => {
  const unreachable = {
    ...hosted(one),
    SUPABASE_URL: NOWHERE,
    STRIPE_API_BASE: NOWHERE,
    STRIPE_SECRET_KEY: "sk_test_1",
  };
  const log = await start(unreachable);
  expect(log).toMatch(/^Stripe does not answer .*\nSupabase does not answer /);
  expect(JSON.parse(readFileSync(join(folder, "made-with.json"), "utf8"))).toEqual({ supabase: NOWHERE });
});
