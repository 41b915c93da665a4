import { applyEvents } from "@turnpike/core/mirror";
import { startParameterStore } from "@turnpike/functions/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { event, product } from "../builders.ts";
import { type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { call, captureLog, type Handler, setEnvironment } from "../parts/lambda.ts";

const SECRET = "/sst/turnpike/test/Secret";
let supabase: LentSupabase;
let stripe: Awaited<ReturnType<typeof lendStripe>>;
let store: Awaited<ReturnType<typeof startParameterStore>>;
let handler: Handler;

beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  store = await startParameterStore(
    new Map([
      [`${SECRET}/STRIPE_SECRET_KEY/value`, "sk_test_emulator"],
      [`${SECRET}/SUPABASE_SECRET_KEY/value`, "sb_secret_revoked"],
    ]),
  );
  setEnvironment({ supabase, stripe });
  Object.assign(process.env, {
    SST_SSM_PREFIX: "/sst/turnpike/test/",
    SST_Secret_value_STRIPE_SECRET_KEY: "__FETCH_FROM_SSM__",
    SST_Secret_value_SUPABASE_SECRET_KEY: "__FETCH_FROM_SSM__",
    AWS_ENDPOINT_URL_SSM: store.url,
  });
  delete process.env.SST_Secret_value_STRIPE_WEBHOOK_SECRET;
  vi.useFakeTimers({ toFake: ["Date"] });
  ({ handler } = await import("@turnpike/functions/health"));
});
afterAll(async () => {
  vi.useRealTimers();
  await store.close();
});

const askHealth = (headers: Record<string, string> = {}) => {
  captureLog();
  return call(handler, { method: "GET", path: "/api/health", headers });
};

it("a key that is refused makes its dependency unreachable, and is read anew once it is rotated", async () => {
  const refused = { status: "degraded", build: "test", stage: "test" };
  expect(await askHealth()).toMatchObject({
    statusCode: 503,
    json: { ...refused, dependencies: { stripe: "ok", supabase: "unreachable" } },
  });
  store.set(`${SECRET}/SUPABASE_SECRET_KEY/value`, supabase.secretKey);
  vi.setSystemTime(Date.now() + 11_000);
  expect(await askHealth()).toMatchObject({
    statusCode: 200,
    json: { status: "ok", dependencies: { stripe: "ok", supabase: "ok" } },
  });
});

it("what was found holds for ten seconds, however often it is asked for", async () => {
  const asked = async () => (await stripe.asked("GET /v1/account")).length;
  vi.setSystemTime(Date.now() + 11_000);
  const before = await asked();
  await Promise.all([askHealth(), askHealth(), askHealth()]);
  vi.setSystemTime(Date.now() + 9_000);
  await askHealth();
  expect(await asked()).toBe(before + 1);
  vi.setSystemTime(Date.now() + 2_000);
  await askHealth();
  expect(await asked()).toBe(before + 2);
});

it("a key that does not fit what is mirrored is not well: of another mode than the events, or of another account", async () => {
  const asked = async () => {
    vi.setSystemTime(Date.now() + 11_000);
    const { statusCode, json } = await askHealth();
    return [statusCode, (json as { dependencies: { stripe: string } }).dependencies.stripe];
  };
  const sent = (livemode: boolean) => ({ ...event("product.created", product(), 1_790_000_000), livemode });
  const apply = (livemode: boolean) =>
    applyEvents({ stripe: stripe.stripe, supabase: supabase.client }, [sent(livemode)]);
  await apply(false);
  expect(await asked()).toEqual([200, "ok"]);
  const foreign = { ...sent(false), context: "acct_other" };
  for (const refused of [
    () => apply(true),
    () => applyEvents({ stripe: stripe.stripe, supabase: supabase.client }, [foreign]),
  ]) {
    await refused();
    expect(await asked()).toEqual([503, "other_events"]);
    await supabase.query("update billing.stripe_events set recorded_at = now() - interval '25 hours'");
  }
  expect(await asked()).toEqual([200, "ok"]);
  for (const other of ["id = 'acct_other'", "livemode = true"]) {
    await supabase.query(`update billing.stripe_account set ${other}`);
    expect(await asked()).toEqual([503, "other_account"]);
    await supabase.query("truncate billing.stripe_account");
    await apply(false);
  }
});

it("who bears the project's secret key hears how many objects equal Stripe; others hear of none how many there are", async () => {
  await supabase.query(
    `insert into billing.completeness (object, complete_as_of, objects, differing, compared_as_of, compared, equal)
     values ('customer', '2026-11-27T05:00:00Z', 1234, 1, null, null, null), ('charge', '2026-11-27T05:00:00Z', 9, 1, '2026-11-27T04:00:00Z', 8, 7)`,
  );
  vi.setSystemTime(Date.now() + 11_000);
  const kinds = async (authorization?: string) => {
    const { json } = await askHealth(authorization ? { authorization } : {});
    const { mirror } = json as { mirror: { objects: { object: string }[] } };
    return mirror.objects.filter(({ object }) => ["customer", "charge"].includes(object));
  };
  const told = { completeAsOf: "2026-11-27T05:00:00+00:00", differing: 1, lastError: null };
  const customer = { object: "customer", ...told, comparedAsOf: null };
  const charge = { object: "charge", ...told, comparedAsOf: "2026-11-27T04:00:00+00:00" };
  // What was only read is not said to be equal.
  expect(await kinds(`Bearer ${supabase.secretKey}`)).toEqual([
    { ...customer, objects: 1234 },
    { ...charge, objects: 9, compared: 8, equal: 7 },
  ]);
  for (const stranger of [undefined, "Bearer ", `Bearer ${supabase.publishableKey}`, supabase.secretKey])
    expect(await kinds(stranger)).toEqual([customer, charge]);
});
