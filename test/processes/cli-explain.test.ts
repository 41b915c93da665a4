import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { on, runBilling } from "../billing.ts";
import { type Person, startWorld, WAIT, type World } from "../world.ts";

// Processes are started one after the other, each of which may take seconds where others work, too.
vi.setConfig({ testTimeout: 120_000 });

let world: World;
let user: Person;
let subscription: string;

/** Somebody who pays, on both sides. */
beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  user = await world.signUp();
  const price = await world.priceOf("pro_monthly");
  const customer = await newCustomer({ email: user.email, metadata: { user_id: user.id } });
  subscription = (await world.stripe.subscriptions.create({ customer, items: [{ price: price.id }] })).id;
  await vi.waitFor(async () => {
    expect(await runBilling(["explain", user.email], on(world))).toMatchObject({ code: 0 }); // the last of its events has come
  }, WAIT);
}, 120_000);
afterAll(() => world.close());

async function newCustomer(params: { email: string; metadata?: Record<string, string> }): Promise<string> {
  const card = { payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" } };
  return (await world.stripe.customers.create({ ...params, ...card })).id;
}

it("somebody is explained in words: access, both sides, claims and events", async () => {
  const { code, stdout } = await runBilling(["explain", user.email], on(world));
  expect(code).toBe(0);
  expect(stdout).toContain(`user ${user.id}, ${user.email}\nhas access: yes\n`);
  expect(stdout).toMatch(new RegExp(`^subscription +${subscription} +active +the same, as of 20`, "m"));
  expect(stdout).toMatch(new RegExp(`^cus_\\w+ +metadata +user ${user.id} +is the owner$`, "m"));
  expect(stdout).toMatch(new RegExp(`^20.* customer\\.subscription\\.created +${subscription} +(applied|stale)$`, "m"));
  expect(stdout).toMatch(/\nThey agree, on \d+ objects\.\n$/);
});

it("that they do not agree is an exit code of its own, and the column is named", async () => {
  await world.local.query("update public.user_subscriptions set status = 'past_due' where id = $1", [subscription]);
  const { code, stdout } = await runBilling(["explain", subscription], on(world));
  await world.local.query("update public.user_subscriptions set status = 'active' where id = $1", [subscription]);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^ +status +active +past_due$/m);
  expect(stdout).toContain("They do not agree on 1 of ");
  expect(stdout).toContain("npx billing sync");
});

it("what nobody knows is said so", async () => {
  const { code, stdout, stderr } = await runBilling(["explain", "cus_nobody"], on(world));
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(
    `Neither Stripe nor the mirror knows "cus_nobody" as a user, an organisation, an e-mail, or`,
  );
});

it("a purchase of nobody is listed, given to somebody, and taken from them only when that is meant", async () => {
  const price = await world.priceOf("pro_monthly");
  const customer = await newCustomer({ email: "guest@nowhere.example" });
  const { id } = await world.stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  await vi.waitFor(async () => {
    expect(await runBilling(["claims", "ls"], on(world))).toMatchObject({
      code: 3,
      stdout: expect.stringContaining(id),
    });
  }, WAIT);
  const claimed = await runBilling(["claims", "assign", id, "--user", user.email], on(world));
  expect(claimed).toMatchObject({ code: 0, stdout: `${id} belongs to the user ${user.id} now.\n` });
  expect(await runBilling(["claims", "ls"], on(world))).toMatchObject({
    code: 0,
    stdout: "Everything that is paid for belongs to somebody.\n",
  });

  const taken = await runBilling(["claims", "assign", customer, "--organization", "acme"], on(world));
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining("say --yes if you mean it") });
  expect(await runBilling(["claims", "assign", customer, "--organization", "acme", "--yes"], on(world))).toMatchObject({
    code: 0,
  });
  expect(await runBilling(["claims", "assign", customer], on(world))).toMatchObject({ code: 2 });
  const unset = await runBilling(["claims", "assign", customer, "--organization", "", "--yes"], on(world));
  expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining("names nobody") });
  expect(await runBilling(["claims", "assign", customer, "--user", "nobody@example.com"], on(world))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no user "nobody@example.com".'),
  });
});
