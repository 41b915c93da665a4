import { beginReading } from "@turnpike/core/sync";
import { afterAll, beforeAll, expect, it } from "vitest";
import { on, runBilling, startBilling } from "../billing.ts";
import { startWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  for (let n = 0; n < 3; n++) await world.stripe.customers.create({ email: `buyer${n}@example.com` });
}, 120_000);
afterAll(() => world.close());

it("a dry run says what there is to read, and begins nothing", async () => {
  const { code, stdout } = await runBilling(["sync", "--dry-run"], on(world));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^customer +3 +1$/m);
  expect(stdout).toMatch(/^About \d+ requests, \d+ s\. Nothing was read into the mirror\.$/m);
  expect((await world.admin.rpc("get_sync_progress", { purpose: "sync" })).data).toEqual([]);
});

it("Ctrl-C ends a reading well and says how to go on; then it is read to the end", async () => {
  // While somebody else is at it, it cannot be over before it is interrupted.
  const { runId } = await beginReading(
    { stripe: world.stripe, supabase: world.admin },
    { purpose: "sync", requestedBy: "a test" },
  );
  const held = { run_id: runId, token: crypto.randomUUID() };
  const { keyHash: key_hash } = world.stripe;
  expect((await world.admin.rpc("hold_sync_run", { ...held, seconds: 600, key_hash })).data).toBe(true);
  const { child, ended } = startBilling(["sync"], on(world));
  await new Promise<void>((resolve) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (said.includes("Goes on where it was.")) resolve();
    });
  });
  child.kill("SIGINT");
  const stopped = await ended;
  expect(stopped.stderr).toContain("this goes on from there: npx billing sync\n");
  expect(stopped).toMatchObject({ code: 130, stdout: "" });

  await world.admin.rpc("release_sync_run", held);
  const { code, stdout } = await runBilling(["sync"], on(world));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^customer +3$/m);
  expect(stdout).toContain("The mirror is complete.\n");
});

it("an audit says of each kind how many are equal, and names the column that is not", async () => {
  expect(await runBilling(["audit"], on(world))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^customer +3 of 3$/m),
  });
  await world.local.query(
    "update public.prices set unit_amount = unit_amount + 1, as_of = now() - interval '1 hour' where lookup_key = 'pro_monthly'",
  );
  const { code, stdout } = await runBilling(["audit"], on(world));
  expect(code).toBe(3);
  expect(stdout).toMatch(/^price price_\w+: unit_amount is 2900, and 2901 here$/m);
});
