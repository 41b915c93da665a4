import { afterAll, beforeAll, expect, it } from "vitest";
import { on, runBilling } from "../billing.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ inMemory: true, schedules: true, minuteMs: 10_000 });
  for (let n = 0; n < 3; n++) await world.stripe.customers.create({ email: `buyer${n}@example.com` });
}, 120_000);
afterAll(() => world.close());

// The function begins anew every minute, which is a short one here: one that runs already does not take it up sooner.
it("billing sync --cloud begins a reading that the system's own function works off, and follows it to its end", async () => {
  await expect.poll(() => runsOf("ReadAccount"), { timeout: 60_000 }).toBeGreaterThan(0);
  const before = runsOf("ReadAccount");
  const { code, stdout, stderr } = await runBilling(["sync", "--cloud"], on(world));
  expect(stderr).toContain("Reads all that Stripe holds.");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^customer +3$/m);
  expect(stdout).toContain("The mirror is complete.\n");
  await expect.poll(() => runsOf("ReadAccount"), { timeout: 60_000 }).toBeGreaterThan(before);
  const [run] = await world.local.query<{ requested_by: string; finished: boolean }>(
    "select requested_by, finished_at is not null as finished from billing.sync_runs where purpose = 'sync' order by id desc limit 1",
  );
  expect(run).toEqual({ requested_by: "billing sync", finished: true });
}, 180_000);

const runsOf = (name: string) => world.lines.filter((line) => line.includes(`${name}: done in`)).length;
