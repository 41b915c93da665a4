import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { nextSecond } from "./parts/clock.ts";
import { startWorld, WAIT, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 90_000);
afterAll(() => world?.close());

/** A customer of this user, with a card, as the mirror knows them. */
async function newCustomer(user: { id: string; email: string }): Promise<string> {
  const { id } = await world.stripe.customers.create({
    email: user.email,
    metadata: { user_id: user.id },
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  await vi.waitFor(async () => {
    const { data } = await world.admin.from("customers").select("user_id").eq("id", id).maybeSingle();
    expect(data?.user_id).toBe(user.id);
  }, WAIT);
  return id;
}
async function subscribe(customer: string, lookupKey: string): Promise<string> {
  const { id: price } = await world.priceOf(lookupKey);
  const metadata = { sold_by: "turnpike" };
  const { id } = await world.stripe.subscriptions.create({ customer, items: [{ price }], metadata });
  await vi.waitFor(async () => {
    const { data } = await world.admin.from("user_subscriptions").select("status").eq("id", id).maybeSingle();
    expect(data?.status).toBe("active");
  }, WAIT);
  return id;
}
const statusOf = async (id: string) => (await world.stripe.subscriptions.retrieve(id)).status;
const mails = () =>
  world.lines.filter((line) => line.startsWith("relay-notices ") && line.includes("mail to the operator"));

it("a second subscription is undone by the deployed functions as soon as its event is applied, and the operator is told", async () => {
  const customer = await newCustomer(await world.signUp());
  const older = await subscribe(customer, "starter_monthly");
  await nextSecond();
  const younger = await subscribe(customer, "pro_monthly");
  await vi.waitFor(async () => expect(await statusOf(younger)).toBe("canceled"), WAIT);
  await vi.waitFor(() => expect(mails().some((line) => line.includes(younger))).toBe(true), WAIT);
  expect(await statusOf(older)).toBe("active");
  const { data } = await world.stripe.refunds.list();
  expect(data).toMatchObject([{ amount: 2900, status: "succeeded" }]);
  // The mail is out before the notice is settled.
  const waiting = () => world.local.query("select from billing.outbox where sent_at is null");
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), WAIT);
});

it("a deleted user's subscription ends at Stripe", async () => {
  const user = await world.signUp();
  const subscription = await subscribe(await newCustomer(user), "pro_monthly");
  const { url, secretKey } = world.local.settings.supabase;
  const { error } = await createClient(url, secretKey).auth.admin.deleteUser(user.id);
  expect(error).toBeNull();
  // In a minute at most the relay runs by itself; here the next event wakes it.
  await world.stripe.products.create({ name: "Anything" });
  await vi.waitFor(async () => expect(await statusOf(subscription)).toBe("canceled"), WAIT);
  await vi.waitFor(() => expect(mails().some((line) => line.includes(subscription))).toBe(true), WAIT);
});

it("runs every minute beside that", () => {
  expect(world.local.system.schedules).toContainEqual({
    name: "EveryMinute",
    expression: "rate(1 minute)",
    functionName: "relay-notices",
  });
});
