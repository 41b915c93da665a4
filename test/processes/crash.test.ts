import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { findFreePort, shareBuiltStacks } from "@turnpike/local/testing";
import Stripe from "stripe";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { event, product } from "../builders.ts";
import { WAIT } from "../world.ts";

let dataDir: string;
let port: number;
let running: ChildProcess | undefined;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "turnpike-"));
  port = await findFreePort();
  await start();
}, 120_000);
afterAll(async () => {
  await kill();
  rmSync(dataDir, { recursive: true, force: true });
});

/** What `npm start` runs, in a process of its own for the signal to hit, without its pages. Resolves when it answers. */
async function start(): Promise<void> {
  // Bundled beforehand: a bundler that is shot together with the system would leave its own process behind.
  await shareBuiltStacks(inject("builtStacks"));
  const system = ["test/processes/crash-system.ts", inject("builtStacks"), dataDir, String(port)];
  running = spawn("node", ["--disable-warning=ExperimentalWarning", ...system], { stdio: "ignore" });
  const child = running;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode} before it was well`);
    const answer = await fetch(`http://localhost:${port}/api/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(200);
  }
}

async function kill(): Promise<void> {
  if (!running || running.exitCode !== null || running.signalCode) return;
  running.kill("SIGKILL");
  await once(running, "exit");
}

/** What the running system made up. */
const secrets = (): Record<"stripeSecretKey" | "stripeWebhookSecret" | "supabaseSecretKey", string> =>
  JSON.parse(readFileSync(join(dataDir, "settings.json"), "utf8"));

async function deliver(payload: string): Promise<Response> {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: secrets().stripeWebhookSecret });
  const headers = { "stripe-signature": signature, "content-type": "application/json" };
  return fetch(`http://localhost:${port}/api/webhooks/stripe`, { method: "POST", headers, body: payload });
}

// Before, at and after the end of the batching window, which is a second long. What the process is doing at that moment depends on
// the machine; a cut at each write in turn is what test/transaction.test.ts is about. What one test starts again, the next one kills.
it.each([0, 1_050, 1_200])(
  "an acknowledged event is applied once, though the process is killed %i ms later",
  async (delay) => {
    const bought = product({ name: "Survivor" });
    const payload = JSON.stringify(event("product.created", bought, 1_790_000_000));
    expect((await deliver(payload)).status).toBe(200);
    await sleep(delay);
    await kill();

    await start();
    const supabase = createServiceClient({ url: `http://localhost:${port}`, secretKey: secrets().supabaseSecretKey });
    await vi.waitFor(async () => {
      const { data } = await supabase.from("products").select("name").eq("id", bought.id);
      expect(data).toEqual([{ name: "Survivor" }]);
    }, WAIT);

    // Delivered again, it is known: the ledger has it once and the row stays.
    const { id, type, created } = JSON.parse(payload) as Stripe.Event;
    const change = {
      event_id: id,
      type,
      created_at: new Date(created * 1000).toISOString(),
      object: "product",
      object_id: bought.id,
    };
    const again = await supabase.rpc("apply_stripe_changes", {
      changes: [change],
      key_hash: createStripe({ secretKey: secrets().stripeSecretKey }).keyHash,
      one_at_a_time: false,
    });
    expect(again.data).toEqual([{ event_id: id, outcome: "duplicate", reason: null }]);
  },
  180_000,
);
