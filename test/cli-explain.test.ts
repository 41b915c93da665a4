import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { on, runBilling } from "./billing.ts";
import { startWorld, WAIT, type World } from "./world.ts";

let world: World;
let user: Awaited<ReturnType<World["signUp"]>>;
let customerId: string;
let subscriptionId: string;

/** What the command says to a program. */
async function explained(reference: string) {
  const { code, stdout, stderr } = await runBilling(["explain", reference, "--json"], on(world));
  return { code, stderr, document: stdout ? JSON.parse(stdout) : undefined };
}

beforeAll(async () => {
  world = await startWorld({ inMemory: true });
  const price = await world.priceOf("pro_monthly");
  user = await world.signUp();
  const answer = await world.request(
    "POST",
    "/api/stripe/create-checkout",
    { authorization: `Bearer ${user.accessToken}`, "content-type": "application/json" },
    JSON.stringify({
      priceId: price.id,
      successUrl: `${world.url}/success`,
      cancelUrl: `${world.url}/pricing`,
      mode: "subscription",
    }),
  );
  const { url } = (await answer.json().then((x) => (console.log(answer.status, x), x))) as { url: string };
  await world.pay(url, { email: user.email });
  await vi.waitFor(async () => {
    const { data } = await world.admin.from("user_subscriptions").select("id, customer_id").single();
    ({ id: subscriptionId, customer_id: customerId } = data ?? { id: "", customer_id: "" });
    expect(subscriptionId).toMatch(/^sub_/);
    expect((await explained(user.id)).code).toBe(0); // the last of its events has come
  }, WAIT);
}, 120_000);
afterAll(() => world.close());

it("x", async () => {
  for (const ref of [user.id, user.email, customerId, subscriptionId, "nobody", "cus_none"]) {
    const r = await runBilling(["explain", ref], on(world));
    console.log(r.code, r.stderr, r.stdout);
  }
  const { data } = await world.stripe.invoices.list({ limit: 1 });
  const r = await runBilling(["explain", data[0]?.id ?? ""], on(world));
  console.log(r.code, r.stderr, r.stdout);
});
