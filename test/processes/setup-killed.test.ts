import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ended, runBilling } from "../billing.ts";
import { standBefore } from "../parts/proxy.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-killed-"));
  world = await startWorld({ inMemory: true });
}, 120_000);
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const CONFIG = {
  products: [
    {
      key: "team",
      name: "Team",
      prices: [{ lookupKey: "team_monthly", amount: 1900, currency: "usd", interval: "month" }],
    },
  ],
};

/** A Stripe that kills whoever writes to it, once before it does what is asked, and once before it answers. */
async function standDeadly(kill: () => void) {
  const killedAt: string[] = [];
  const secretOf = new Map<string, string>();
  const { apiBase } = await standBefore({ apiBase: world.url }, async (request, response) => {
    const { method = "", url = "" } = request;
    if (method === "GET" || !url.startsWith("/v1/")) return;
    const place = `${method} ${url.replace(/\w+_\w{10,}/, "ID")}`;
    const isDeadly = (moment: string) => {
      const name = `${moment} ${place}`;
      if (killedAt.includes(name)) return false;
      killedAt.push(name);
      kill();
      response.destroy();
      return true;
    };
    if (isDeadly("before")) return;
    const answer = await forward(request);
    const { id, secret } = JSON.parse(answer.body);
    if (secret) secretOf.set(id, secret);
    if (!isDeadly("after")) answer.give(response);
  });
  return { apiBase, killedAt, secretOf };
}

async function forward(request: IncomingMessage) {
  const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
  const answer = await fetch(world.url + request.url, {
    method: request.method ?? "",
    headers,
    ...(request.method === "POST" && { body: await buffer(request) }),
  });
  const body = await answer.text();
  const give = (response: ServerResponse) =>
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
  return { body, give };
}

it("billing setup that is killed at any write to Stripe is mended by the next run", { timeout: 300_000 }, async () => {
  const config = join(folder, "billing.config.mjs");
  writeFileSync(config, `export default ${JSON.stringify(CONFIG)};`);
  const secretFile = join(folder, "secret.env");
  writeFileSync(secretFile, "OTHER=1\n");
  let running: ChildProcess | undefined;
  const { apiBase, killedAt, secretOf } = await standDeadly(() => running?.kill("SIGKILL"));
  const setUp = (...more: string[]): Promise<Ended> => {
    const { stripe, supabase } = world.local.settings;
    const environment = {
      TURNPIKE_DATA_DIR: folder,
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_API_BASE: apiBase,
      SUPABASE_URL: world.url,
      SUPABASE_SECRET_KEY: supabase.secretKey,
      SITE_URL: "https://app.example.com",
    };
    return runBilling(["setup", "--config", config, ...more], environment, {
      onStart: (child) => (running = child),
    });
  };

  const codes: (number | null)[] = [];
  do codes.push((await setUp("--yes", "--write-secret-to", secretFile)).code);
  while (codes.at(-1) === null && codes.length < 40);

  expect(codes.at(-1)).toBe(0);
  expect(codes).toHaveLength(killedAt.length + 1);
  // Between making the endpoint and keeping its secret; between keeping it and saying so.
  expect(killedAt).toContain("after POST /v1/webhook_endpoints");
  expect(killedAt).toContain("before POST /v1/webhook_endpoints/ID");
  expect(killedAt).toContain("after POST /v1/webhook_endpoints/ID");
  expect(await setUp()).toMatchObject({ code: 0, stdout: "Nothing to do.\n" });

  const [endpoint, ...others] = (await world.stripe.webhookEndpoints.list()).data;
  expect([endpoint?.status, others]).toEqual(["enabled", []]);
  const [other, kept = ""] = readFileSync(secretFile, "utf8").trim().split("\n");
  expect(other).toBe("OTHER=1");
  expect(kept.replace("STRIPE_WEBHOOK_SECRET=", "").split(",")[0]).toBe(secretOf.get(endpoint?.id ?? ""));
  expect(readdirSync(folder).sort()).toEqual(["billing.config.mjs", "secret.env"]);
  const { data: prices } = await world.stripe.prices.list({ lookup_keys: ["team_monthly"] });
  expect(prices.map(({ unit_amount: amount }) => amount)).toEqual([1900]);
  const { data: products } = await world.stripe.products.list({ active: true, limit: 100 });
  expect(products.filter(({ metadata }) => metadata.billing_key === "team")).toHaveLength(1);
});
