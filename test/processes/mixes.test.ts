import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { createServiceClient } from "@turnpike/core/supabase";
import { findFreePort, startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { id } from "../builders.ts";
import { startEmulator } from "../emulator.ts";
import { WAIT } from "../world.ts";

const START = 120_000;

type StandIn = Awaited<ReturnType<typeof startEmulator>>;

/** What `.env` holds of a Stripe account of one's own: the address leads to what stands in for Stripe. */
const keysOf = ({ apiBase }: StandIn) => ({ STRIPE_SECRET_KEY: "sk_test_real", STRIPE_API_BASE: apiBase });
const projectOf = ({ url, publishableKey, secretKey }: TestSupabase) => ({
  SUPABASE_URL: url,
  SUPABASE_PUBLISHABLE_KEY: publishableKey,
  SUPABASE_SECRET_KEY: secretKey,
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-mix-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What `npm start` runs, in a folder with this `.env` and nothing of our environment but what `scripts/process.mjs` adds. */
async function spawnStart(folder: string, dotenv: Record<string, string>) {
  const settings = { PORT: String(await findFreePort()), TURNPIKE_DATA_DIR: join(folder, "data"), ...dotenv };
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, ".env"),
    Object.entries(settings)
      .map((pair) => `${pair.join("=")}\n`)
      .join(""),
  );
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn("node", ["--disable-warning=ExperimentalWarning", resolve("packages/local/src/main.ts")], {
    cwd: folder,
    env: { PATH, NODE_COMPILE_CACHE },
  });
  onTestFinished(() => stop(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return { child, url: `http://localhost:${settings.PORT}`, output: () => output };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function start(folder: string, dotenv: Record<string, string>) {
  const started = await spawnStart(folder, dotenv);
  await vi.waitFor(
    () => {
      if (started.child.exitCode !== null) throw new Error(`It ended: ${started.output()}`);
      expect(started.output()).toContain("Turnpike is ready");
    },
    { timeout: START, interval: 200 },
  );
  return { ...started, supabase: dotenv.SUPABASE_URL ? dotenv : embeddedIn(folder, started.url) };
}

function embeddedIn(folder: string, url: string): Record<string, string> {
  const made = JSON.parse(readFileSync(join(folder, "data/settings.json"), "utf8"));
  return {
    SUPABASE_URL: url,
    SUPABASE_PUBLISHABLE_KEY: made.supabasePublishableKey,
    SUPABASE_SECRET_KEY: made.supabaseSecretKey,
  };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Waits for the catalogue, signs up, and opens a checkout: Stripe, Supabase, its sign-in and the gateway all had their part. */
async function openCheckout(started: Started): Promise<Response> {
  const { SUPABASE_URL = "", SUPABASE_PUBLISHABLE_KEY = "", SUPABASE_SECRET_KEY = "" } = started.supabase;
  const admin = createServiceClient({ url: SUPABASE_URL, secretKey: SUPABASE_SECRET_KEY });
  const priceId = await vi.waitFor(async () => {
    const oneTime = admin.from("prices").select("id").eq("type", "one_time");
    const { data } = await oneTime.limit(1).maybeSingle();
    if (!data) throw new Error("the catalogue is not there yet");
    return data.id;
  }, WAIT);
  const browser = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY);
  const email = `${id("mixed")}@example.com`;
  const { data } = await browser.auth.signUp({ email, password: "correct horse battery" });
  return buy(started, priceId, { authorization: `Bearer ${data.session?.access_token}` });
}

function buy({ url }: Started, priceId: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/api/stripe/create-checkout`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ priceId, successUrl: `${url}/success`, cancelUrl: `${url}/pricing`, mode: "payment" }),
  });
}

async function expectToSell(started: Started, stripeUrl = started.url): Promise<void> {
  const health = await fetch(`${started.url}/api/health`);
  expect([health.status, await health.json()]).toMatchObject([200, { dependencies: { stripe: "ok", supabase: "ok" } }]);
  const opened = await openCheckout(started);
  expect([opened.status, await opened.json()]).toMatchObject([
    200,
    { url: expect.stringContaining(`${stripeUrl}/c/`) },
  ]);
}

let stripe: StandIn;
let project: TestSupabase;
beforeAll(async () => {
  [stripe, project] = await Promise.all([startEmulator(), startTestSupabase()]);
  const product = await stripe.stripe.products.create({ name: "Of a real account" });
  await stripe.stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 900 });
});
afterAll(() => Promise.all([stripe.close(), project.close()]));

describe("npm start sells", { timeout: 2 * START }, () => {
  it("with a Stripe account and the embedded Supabase, and refuses that data to another account", async () => {
    const folder = newFolder();
    const data = join(folder, "data");
    mkdirSync(data, { mode: 0o755 });
    const started = await start(folder, keysOf(stripe));
    await expectToSell(started, stripe.apiBase);
    expect(started.output()).toContain("nothing has to be confirmed");
    const kept = ["postgres", "sqs"].flatMap((part) =>
      readdirSync(join(data, part), { recursive: true, encoding: "utf8" }).map((file) => join(data, part, file)),
    );
    const isOpen = (file: string) => (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o077;
    expect([kept.length > 100, kept.filter(isOpen)]).toEqual([true, []]);
    started.child.kill("SIGINT");
    expect(await once(started.child, "exit")).toEqual([0, null]);
    expect(started.output()).toMatch(
      /Stopping\. What was bought is kept in data: the next npm start goes on with it\.\s*$/,
    );

    const another = await startEmulator();
    onTestFinished(another.close);
    const refused = await spawnStart(folder, keysOf(another));
    const [status] = await once(refused.child, "close");
    expect(status).toBe(1);
    expect(refused.output()).toMatch(
      /made with the Stripe account acct_\w+ in test mode, and not with STRIPE_SECRET_KEY's/,
    );
    expect(refused.output()).not.toMatch(/^ +at /m);
  });

  it("with the emulator and a hosted Supabase, and does not promise what the project decides", async () => {
    const hosted = await startTestSupabase();
    onTestFinished(hosted.close);
    const started = await start(newFolder(), projectOf(hosted));
    await expectToSell(started);
    expect(started.output()).not.toContain("nothing has to be confirmed");
    expect(started.output()).toContain("confirm their e-mail, if the project asks for it");
  });

  it("with both, and its log says why a 500 happened and where in the source", async () => {
    const started = await start(newFolder(), { ...keysOf(stripe), ...projectOf(project) });
    await expectToSell(started, stripe.apiBase);

    await project.close();
    const failed = await buy(started, "price_unseen");
    expect(failed.status).toBe(500);
    const requestId = failed.headers.get("apigw-requestid");
    const line = new RegExp(
      `requestId=${requestId}.*error=DatabaseError.*cause=ECONNREFUSED[^]*packages/core/src/.*\\.ts:\\d+`,
    );
    await vi.waitFor(() => expect(started.output()).toMatch(line), WAIT);
  });
});
