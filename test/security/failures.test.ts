import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { event, product } from "../builders.ts";
import { startWorld, WAIT, type World } from "../world.ts";
import { type Breakage, startHostileServices } from "./hostile.ts";
import { captureOutput, findLeaks } from "./leaks.ts";
import { expectRefusal, FORM, send, sendJson } from "./target.ts";
import { signToken } from "./tokens.ts";

const MARKER = "zanzibar";
const EMAIL = `${MARKER}@example.com`;
const SECRETS = {
  STRIPE_SECRET_KEY: "sk_test_hostile_0123456789",
  STRIPE_WEBHOOK_SECRET: "whsec_hostile_0123456789",
  SUPABASE_SECRET_KEY: "sb_secret_hostile_0123456789",
};

let hostile: Awaited<ReturnType<typeof startHostileServices>>;
let world: World;
let output: string[];
let token: string;

beforeAll(async () => {
  output = captureOutput();
  hostile = await startHostileServices();
  world = await startWorld({
    schedules: true,
    environment: {
      ...SECRETS,
      STRIPE_API_BASE: hostile.url,
      SUPABASE_URL: hostile.url,
      SUPABASE_PUBLISHABLE_KEY: "sb_publishable_hostile",
    },
  });
  const claims = { sub: crypto.randomUUID(), role: "authenticated", email: EMAIL, exp: Date.now() / 1000 + 3600 };
  token = signToken({ alg: "ES256", kid: hostile.kid, typ: "JWT" }, claims, hostile.privateKey);
}, 120_000);
afterAll(async () => {
  await world?.close();
  await hostile?.close();
  vi.restoreAllMocks();
});

const everything = () => [...world.lines, ...output];
const leaks = () =>
  findLeaks(everything(), {
    ...SECRETS,
    token,
    "half a token": token.split(".")[1] ?? "",
    marker: MARKER,
    "e-mail": "@example.com",
    "return address": "/secret-page",
  });

/** Every route, with a request that an honest page would send. */
function requests() {
  const headers = { authorization: `Bearer ${token}`, "user-agent": MARKER };
  const page = `${world.url}/secret-page`;
  const purchase = { priceId: "price_1", successUrl: page, cancelUrl: page, mode: "payment" };
  return [
    send(world, "POST", "/api/checkout_sessions", { ...FORM, ...headers }, "price_id=price_1"),
    sendJson(world, "/api/stripe/create-checkout", purchase, headers),
    sendJson(world, "/api/stripe/create-checkout", purchase),
    sendJson(world, "/api/stripe/create-portal", { returnUrl: page }, headers),
    sendJson(world, "/api/subscriptions/preview-change", { priceId: "price_1" }, headers),
    sendJson(world, "/api/subscriptions/change", { priceId: "price_1", token: `thy2o0.${"0".repeat(64)}` }, headers),
    sendJson(world, "/api/subscriptions/cancel", {}, headers),
    sendJson(world, "/api/subscriptions/resume", {}, headers),
    send(world, "GET", "/api/checkout_sessions/cs_test_1", headers),
  ];
}

describe("when everything that is sent is quoted in an error", () => {
  it.each<Breakage>(["database", "stripe"])(
    "of the %s, every route answers 500 and says nothing, and so does the log",
    async (broken) => {
      hostile.break(broken);
      for (const answer of await Promise.all(requests())) expectRefusal(answer, 500, "internal_error");
      expect(leaks()).toEqual([]);
    },
  );

  it.each<[Breakage, string]>([
    ["database", '"message":"failed","error":"DatabaseError"'],
    ["stripe", "events come again"],
    ["wire", '"message":"failed","error":"DatabaseError"'],
  ])("of the %s, events wait in the queue, and the log does not quote them", async (broken, said) => {
    hostile.break(broken);
    const before = world.lines.length;
    const one = event("product.created", product({ name: `${MARKER}\n    at ${EMAIL}` }), 1_790_000_000);
    expect((await world.deliver(JSON.stringify(one))).status).toBe(200);
    await vi.waitFor(() => expect(world.lines.slice(before).join("\n")).toContain(said), WAIT);
    expect(leaks()).toEqual([]);
  });
});

it("health says which dependency fails, and not how", async () => {
  hostile.break("database");
  const answer = await send(world, "GET", "/api/health");
  expect({ status: answer.status, body: JSON.parse(answer.body) }).toMatchObject({
    status: 503,
    body: { status: "degraded", dependencies: { stripe: "unreachable", supabase: "unreachable" } },
  });
  expect(leaks()).toEqual([]);
});
