import { TIME_LIMITS } from "@turnpike/settings";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

// https://docs.aws.amazon.com/general/latest/gr/ssm.html: of an account in a region, by default.
const PER_SECOND = 40;
const STARTS = 400;
const ANSWER_MS = 20;

/** Time that passes when all have gone to sleep, so that ten seconds take none, however busy the machine is. */
function createClock() {
  let now = 0;
  const sleepers: { at: number; wake(): void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ at: now + ms, wake })),
    async run(work: Promise<unknown>) {
      let isOver = false;
      void work.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await new Promise(setImmediate);
        const next = sleepers.sort((one, other) => one.at - other.at).shift();
        if (!next) continue;
        now = Math.max(now, next.at);
        next.wake();
      }
    },
  };
}
const clock = createClock();

beforeEach(() => {
  for (const [name, value] of Object.entries({
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    SST_APP: "turnpike",
    SST_STAGE: "prod",
    SST_SSM_PREFIX: "/sst/turnpike/prod/",
    SST_Secret_value_STRIPE_SECRET_KEY: "__FETCH_FROM_SSM__",
  }))
    vi.stubEnv(name, value);
  vi.spyOn(performance, "now").mockImplementation(clock.now);
  vi.doMock("node:timers/promises", () => ({ setTimeout: clock.sleep }));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.doUnmock("node:timers/promises");
  vi.resetModules();
});

/** SSM, which gives tokens out of a bucket that is filled anew within a second. */
function throttlingStore() {
  let [tokens, filledAt]: [number, number] = [PER_SECOND, 0];
  return async () => {
    await clock.sleep(ANSWER_MS);
    tokens = Math.min(PER_SECOND, tokens + ((clock.now() - filledAt) / 1000) * PER_SECOND);
    filledAt = clock.now();
    if (tokens < 1) return new Response('{"__type":"ThrottlingException"}', { status: 400 });
    tokens--;
    const Name = "/sst/turnpike/prod/Secret/STRIPE_SECRET_KEY/value";
    return Response.json({ Parameters: [{ Name, Value: "sk" }] });
  };
}

it("four hundred functions that start at the same moment all have their secrets, though SSM answers forty a second", async () => {
  vi.stubGlobal("fetch", throttlingStore());
  vi.resetModules();
  const { Secrets } = await import("./secrets.ts");
  const waited: number[] = [];
  const starts = Promise.allSettled(
    Array.from({ length: STARTS }, async () => {
      await new Secrets().load();
      waited.push(clock.now());
    }),
  );
  await clock.run(starts);
  expect(waited).toHaveLength(STARTS);
  expect(Math.max(...waited)).toBeLessThan(TIME_LIMITS.aws.firstSecrets);
});
