import { beforeAll, beforeEach, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, type Handler, lambdaContext, setEnvironment } from "../parts/lambda.ts";
import { createPast } from "../parts/past.ts";
import { createShop } from "../parts/shop.ts";

let supabase: LentSupabase;
let stripe: LentStripe;
let handler: Handler;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  [supabase, stripe] = await Promise.all([lendSupabase(), lendStripe()]);
  setEnvironment({ supabase, stripe });
  ({ handler } = await import("@turnpike/functions/read-account"));
});
beforeEach(() => {
  log = captureLog();
});

const run = () => handler({ source: "aws.events" } as never, lambdaContext());
const isComplete = async () => (await supabase.client.rpc("mirror_is_complete")).data;

it("an account that was never read is read by itself, and the log says so", async () => {
  const shop = createShop(supabase, stripe);
  const { id: price } = await shop.sell("monthly");
  const [payer] = await createPast(stripe).customers(1);
  await stripe.stripe.subscriptions.create({ customer: payer?.id ?? "", items: [{ price }] });
  await createPast(stripe).growOld();
  expect(await isComplete()).toBe(false);
  await run();
  expect(log.said("the mirror was never complete: all that Stripe holds is read")).toHaveLength(1);
  expect(log.said("read")).toMatchObject([{ level: "info", purpose: "sync", state: "done", failed: 0 }]);
  expect(log.said("the mirror is complete")).toHaveLength(1);
  expect(await isComplete()).toBe(true);
  const [row] = await supabase.query("select grants_access from user_subscriptions");
  expect(row).toEqual({ grants_access: true });
});

it("one that was read is swept, slowly, and every run says that it runs", async () => {
  await run();
  expect(log.said("read")).toEqual([]);
  expect(log.metric("differing")).toEqual([0]);
  const sweeps = () =>
    supabase.query("select finished_at is not null as done from billing.sync_runs where purpose = 'sweep'");
  await expect.poll(sweeps).toEqual([{ done: true }]);
  await run();
  expect(await sweeps()).toHaveLength(1);
  await supabase.query("update billing.sync_runs set started_at = started_at - interval '16 minutes'");
  await supabase.query("update public.user_subscriptions set status = 'paused', as_of = as_of - interval '1 hour'");
  await run();
  expect(await sweeps()).toHaveLength(2);
  expect(await supabase.query("select status from user_subscriptions")).toEqual([{ status: "active" }]);
});

it("what was asked for is read at once, and an object that cannot be read is counted", async () => {
  await supabase.query("alter table public.customers add constraint refused check (name <> 'Refused') not valid");
  try {
    const { id } = await stripe.stripe.customers.create({ name: "Refused" });
    await supabase.query("truncate billing.completeness");
    await supabase.query("update billing.sync_runs set finished_at = finished_at - interval '61 minutes'");
    await run();
    expect(log.said("read")).toMatchObject([{ level: "warn", state: "done", failed: 1 }]);
    expect(log.metric("differing")).toEqual([1]);
    expect(await supabase.query("select object, object_id from billing.sync_failures")).toEqual([
      { object: "customer", object_id: id },
    ]);
    // So is a kind of which a part could not be read.
    await supabase.query("update billing.sync_ranges set last_error = 'api_error' where object = 'refund'");
    await run();
    expect(log.metric("differing").at(-1)).toBe(2);
  } finally {
    await supabase.query("alter table public.customers drop constraint refused");
  }
});
