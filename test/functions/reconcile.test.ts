import { beforeEach, expect, it, vi } from "vitest";
import { type LentStripe, type LentSupabase, lendQueue, lendStripe, lendSupabase } from "../parts/index.ts";
import { captureLog, lambdaContext, setEnvironment } from "../parts/lambda.ts";
import { standBefore } from "../parts/proxy.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let queue: Awaited<ReturnType<typeof lendQueue>>;
beforeEach(async () => {
  [supabase, lent, queue] = await Promise.all([lendSupabase(), lendStripe(), lendQueue()]);
});

/** A run that Lambda ends after so many seconds, or for which Stripe fails after so many pages. A page holds two events. */
async function run({ seconds = 600, failsAfter = Number.POSITIVE_INFINITY } = {}) {
  // A function keeps its clients while their keys are the same: this one has just started.
  vi.resetModules();
  let pages = 0;
  const { apiBase } = await standBefore(lent, (request, response) => {
    if (!request.url?.startsWith("/v1/events?")) return;
    request.url = request.url.replace("limit=100", "limit=2");
    if (pages++ >= failsAfter) response.writeHead(500).end("{}");
  });
  setEnvironment({ supabase, stripe: { apiBase }, queue });
  const log = captureLog();
  const { handler } = await import("@turnpike/functions/reconcile");
  const failure = await handler({}, lambdaContext({ seconds })).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { failure, log, queued: (await queue.receive()).length };
}
const make = async (count: number) => {
  for (let n = 0; n < count; n++) await lent.stripe.products.create({ name: `${n}` });
};

it("a run stops a minute and a half before Lambda would end it, says how far it came, and the next goes on", async () => {
  await make(5);
  const first = await run({ seconds: 90 });
  expect(first).toMatchObject({ failure: undefined, queued: 2 });
  expect(first.log.said("reconciliation goes on")).toEqual([
    expect.objectContaining({ level: "info", listed: 2, queued: 2, through: false, reached: expect.any(String) }),
  ]);
  expect(first.log.metric("reconcileGap")).toEqual([0]);
  const second = await run();
  expect(second).toMatchObject({ failure: undefined, queued: 3 });
  expect(second.log.said("reconciled")).toEqual([expect.objectContaining({ listed: 3, through: true })]);
});

it("a run that fails says what it found, tells nothing of a good end, and for how long not all was looked at", async () => {
  await supabase.query("insert into billing.reconcile_cursor values ('all', now() - interval '2 hours')");
  await make(5);
  const failed = await run({ failsAfter: 1 });
  expect(failed).toMatchObject({ failure: "Failed, as the line before this one says", queued: 2 });
  expect(failed.log.said("failed")).toEqual([expect.objectContaining({ level: "error", error: expect.any(String) })]);
  expect(failed.log.metric("reconcileGap")).toEqual([]);
  expect(failed.log.metric("reconcileBehind")).toEqual([expect.closeTo(2 * 3600, -2)]);
});

it("a run that fails tells of the gap that it found all the same", async () => {
  await make(5);
  await run({ seconds: 90 });
  // What is left was made long before this listing began, which is not the first.
  await supabase.query(
    "update billing.reconcile_cursor set reconciled_until = now() - interval '2 hours', listed_until = now() + interval '1 hour'",
  );
  const failed = await run({ failsAfter: 1 });
  expect(failed).toMatchObject({ failure: expect.any(String), queued: 2 });
  expect(failed.log.metric("reconcileGap")).toEqual([2]);
});
