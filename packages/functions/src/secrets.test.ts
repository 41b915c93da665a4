import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startParameterStore } from "./testing/parameter-store.ts";

const MINUTE_MS = 60_000;
const STAGE = "/sst/turnpike/prod/Secret";
const FALLBACK = "/sst/turnpike/.fallback/Secret";

let store: Awaited<ReturnType<typeof startParameterStore>>;
let module: typeof import("./secrets.ts");

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  store = await startParameterStore(
    new Map([
      [`${STAGE}/STRIPE_SECRET_KEY/value`, "sk_old"],
      [`${FALLBACK}/SUPABASE_SECRET_KEY/value`, "sb_everywhere"],
    ]),
  );
  vi.stubEnv("AWS_ENDPOINT_URL", store.url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKID");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("SST_APP", "turnpike");
  vi.stubEnv("SST_STAGE", "prod");
  vi.stubEnv("SST_SSM_PREFIX", "/sst/turnpike/prod/");
  vi.stubEnv("SST_Secret_value_STRIPE_SECRET_KEY", "__FETCH_FROM_SSM__");
  vi.stubEnv("SST_Secret_value_SUPABASE_SECRET_KEY", "__FETCH_FROM_SSM__");
  vi.resetModules(); // a Lambda that starts anew
  module = await import("./secrets.ts");
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await store.close();
});

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

it("reads all of a function's secrets in one request: the stage's value, else the one of every stage", async () => {
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_old");
  expect(module.secrets.get("SUPABASE_SECRET_KEY")).toBe("sb_everywhere");
  store.set(`${STAGE}/SUPABASE_SECRET_KEY/value`, "sb_prod");
  pass(3 * MINUTE_MS);
  await module.secrets.load();
  expect(module.secrets.get("SUPABASE_SECRET_KEY")).toBe("sb_prod");
  expect(store.requests).toHaveLength(2);
});

it("refuses a secret that the function is not bound to", async () => {
  await module.secrets.load();
  expect(() => module.secrets.get("STRIPE_WEBHOOK_SECRET")).toThrow("STRIPE_WEBHOOK_SECRET");
});

it("names the secret that is not set, and the command that sets it", async () => {
  vi.stubEnv("SST_Secret_value_STRIPE_WEBHOOK_SECRET", "__FETCH_FROM_SSM__");
  await expect(module.secrets.load()).rejects.toThrow(
    "write STRIPE_WEBHOOK_SECRET=VALUE into a file, then npx sst secrets load FILE --stage prod",
  );
});

it("asks nobody where the values stand in the environment, as in `sst dev` and locally", async () => {
  vi.stubEnv("SST_Secret_value_STRIPE_SECRET_KEY", "sk_local");
  vi.stubEnv("SST_Secret_value_SUPABASE_SECRET_KEY", "sb_local");
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_local");
  expect(store.requests).toEqual([]);
});

it("a rotated secret holds within three minutes, without a restart", async () => {
  await module.secrets.load();
  store.set(`${STAGE}/STRIPE_SECRET_KEY/value`, "sk_new");
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_old");
  expect(store.requests).toHaveLength(1);
  pass(3 * MINUTE_MS);
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_new");
});

it("a hundred requests at once ask SSM once, at the start and when the values are old", async () => {
  const hundred = () => Promise.all(Array.from({ length: 100 }, () => module.secrets.load()));
  await hundred();
  expect(store.requests).toHaveLength(1);
  pass(3 * MINUTE_MS);
  await hundred();
  expect(store.requests).toHaveLength(2);
});

it("when SSM fails, the old values go on with a warning, and SSM is not asked at every request", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await module.secrets.load();
  store.setAvailable(false);
  pass(3 * MINUTE_MS);
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_old");
  expect(warn).toHaveBeenCalledOnce();
  expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toMatchObject({ level: "warn" });
  expect(String(warn.mock.calls[0]?.[0])).not.toContain("sk_old");

  const asked = store.requests.length;
  await module.secrets.load();
  expect(store.requests).toHaveLength(asked);
  store.setAvailable(true);
  store.set(`${STAGE}/STRIPE_SECRET_KEY/value`, "sk_new");
  pass(MINUTE_MS);
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_new");
});

it("a first request fails when SSM does, and the next one tries again", async () => {
  let passed = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    passed += 5_000;
    return passed;
  });
  store.setAvailable(false);
  await expect(module.secrets.load()).rejects.toThrow("AmazonSSM.GetParameters");
  store.setAvailable(true);
  await module.secrets.load();
  expect(module.secrets.get("STRIPE_SECRET_KEY")).toBe("sk_old");
});

it("what is refused again and again asks SSM at most every ten seconds", async () => {
  const refused = Object.assign(new Error("forged"), { code: "invalid_signature" });
  const work = vi.fn(() => Promise.reject(refused));
  await module.secrets.load();
  pass(11_000);
  for (let i = 0; i < 20; i++) await expect(module.withSecrets(work)).rejects.toBe(refused);
  expect(store.requests).toHaveLength(2);
  expect(work).toHaveBeenCalledTimes(20); // nothing had changed: none was tried twice
});

it("a request that Stripe answers 401 succeeds with the new key, by a client of its own", async () => {
  const stripe = await startApi(({ authorization = "" }) => authorization === "Bearer sk_new");
  vi.stubEnv("STRIPE_API_BASE", stripe.url);
  const { clients } = await import("./clients.ts");
  await module.secrets.load();
  store.set(`${STAGE}/STRIPE_SECRET_KEY/value`, "sk_new");
  pass(11_000);

  const before = clients.stripe;
  expect(await module.withSecrets(() => clients.stripe.products.list())).toMatchObject({ data: [] });
  expect(stripe.answers).toEqual([401, 200]);
  expect(clients.stripe).not.toBe(before);
  expect(clients.stripe).toBe(clients.stripe);
  stripe.server.close();
});

it("so does one that Supabase answers 401", async () => {
  const supabase = await startApi(({ apikey }) => apikey === "sb_new");
  vi.stubEnv("SUPABASE_URL", supabase.url);
  const { clients } = await import("./clients.ts");
  const { dataOf } = await import("@turnpike/core/supabase");
  await module.secrets.load();
  store.set(`${STAGE}/SUPABASE_SECRET_KEY/value`, "sb_new");
  pass(11_000);

  const read = async () => dataOf(await clients.supabase.from("products").select());
  expect(await module.withSecrets(read)).toMatchObject({ data: [] });
  expect(supabase.answers).toEqual([401, 200]);
  supabase.server.close();
});

it("what fails otherwise is not tried again", async () => {
  const work = vi.fn(() => Promise.reject(new Error("other")));
  pass(11_000);
  await expect(module.withSecrets(work)).rejects.toThrow("other");
  expect(work).toHaveBeenCalledOnce();
  expect(store.requests).toHaveLength(1);
});

/** Lists nothing to whoever is let in, and answers 401 to everybody else. */
async function startApi(isLetIn: (headers: IncomingHttpHeaders) => boolean) {
  const answers: number[] = [];
  const server = createServer(({ headers }, response) => {
    const status = isLetIn(headers) ? 200 : 401;
    answers.push(status);
    const body = status === 200 ? { object: "list", data: [] } : { error: { message: "Invalid" }, message: "Invalid" };
    response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, server };
}
