import { enabledEvents } from "@turnpike/core/mirror";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startWorld, WAIT, type World } from "./world.ts";

/** What the emulated Stripe has sent, by where it sent it, and what the ledger holds of it. */
async function expectAllTaken(world: World): Promise<void> {
  const { data } = await world.stripe.events.list({ limit: 100 });
  const sent = data.filter(({ type }) => enabledEvents.includes(type));
  await vi.waitFor(async () => {
    const ledger = await world.local.query<{ id: string }>("select id from billing.stripe_events");
    expect(ledger.map(({ id }) => id)).toEqual(expect.arrayContaining(sent.map(({ id }) => id)));
  }, WAIT);
}

const SOURCE = "aws.partner/stripe.com/ed_local";

describe.each([
  { destination: "eventbridge", webhook: 404, deliveries: 1 },
  { destination: "both", webhook: 400, deliveries: 2 },
])("with events by $destination", ({ destination, webhook, deliveries }) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ environment: { STRIPE_EVENT_DESTINATION: destination } });
  }, 120_000);
  afterAll(() => world?.close());

  it("the stacks' own rule leads from Stripe's event source into the queue", () => {
    expect(world.local.system.rules).toEqual([
      {
        name: "local-turnpike-StripeEvents",
        pattern: { source: [SOURCE], account: ["000000000000"] },
        queues: ["local-turnpike-StripeEvents"],
      },
    ]);
  });

  it("what happens at Stripe is in the mirror, each event once in the ledger", async () => {
    const { id } = await world.stripe.products.create({ name: "By another road ☕" });
    await world.stripe.products.update(id, { name: "By the same road ☕" });
    await vi.waitFor(async () => {
      expect(await world.local.query("select name from products where id = $1", [id])).toEqual([
        { name: "By the same road ☕" },
      ]);
    }, WAIT);
    await expectAllTaken(world);
    await vi.waitFor(() => {
      const received = world.lines.flatMap((line) => [...(/"received":(\d+)/g.exec(line) ?? [])].slice(1).map(Number));
      expect(received.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2 * deliveries);
    }, WAIT);
    expect(world.local.getQueueDepth("StripeEventsDlq")).toEqual({ visible: 0, inFlight: 0 });
  });

  it(`a post to the webhook is answered ${webhook}`, async () => {
    const answer = await fetch(`${world.url}/api/webhooks/stripe`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(webhook);
  });
});
