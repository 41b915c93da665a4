import { applyEvents } from "@turnpike/core/mirror";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import { charge, checkoutSession, customer, event, id, invoice, product, subscription } from "./builders.ts";
import { startEmulator } from "./emulator.ts";
import { createMirrorView, type MirrorView } from "./mirror-view.ts";

let server: TestSupabase;
let supabase: ServiceClient;
let emulated: Awaited<ReturnType<typeof startEmulator>>;
let view: MirrorView;
const NOW = 1_790_000_000;

beforeAll(async () => {
  [server, emulated] = await Promise.all([startTestSupabase(), startEmulator()]);
  supabase = createServiceClient(server);
  view = createMirrorView(server, emulated.stripe);
  // A power cut at the n-th write: whatever table it is in.
  await server.query("create schema cut");
  await server.query("create sequence cut.writes");
  await server.query("create table cut.plan (at int)");
  await server.query("insert into cut.plan values (0)");
  await server.query(`create function cut.happen() returns trigger language plpgsql security definer as $$
    begin
      if nextval('cut.writes') = (select at from cut.plan) then
        raise exception 'cut' using errcode = '57P01';
      end if;
      return new;
    end $$`);
  const tables = await server.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname = 'billing' or (schemaname = 'public' and tablename not like 'pg%')`,
  );
  for (const { name } of tables) {
    await server.query(
      `create trigger cut before insert or update on ${name} for each row execute function cut.happen()`,
    );
  }
});
afterAll(async () => {
  await server?.close();
  await emulated?.close();
});

async function cutAt(write: number): Promise<void> {
  await server.query("select setval('cut.writes', 1, false)");
  await server.query("update cut.plan set at = $1", [write]);
}
const apply = (events: Stripe.Event[]) => applyEvents({ stripe: emulated.stripe, supabase }, events);
const everything = async () => ({
  mirror: await view.rows(),
  ledger: await server.query("select id, outcome from billing.stripe_events order by id"),
  outbox: await server.query("select source_id, kind from billing.outbox order by 1, 2"),
});

it("a cut at any write of a batch leaves nothing of it behind, and the batch is applied whole when it comes again", async () => {
  const cus = customer();
  const sub = subscription({ customer: cus.id });
  const session = checkoutSession({ customer: cus.id, metadata: { user_id: "00000000-0000-4000-8000-000000000000" } });
  const standing = [event("customer.created", cus, NOW - 9), event("customer.subscription.created", sub, NOW - 9)];
  const batch = [
    event("customer.updated", { ...cus, name: "Changed" }, NOW),
    event("customer.subscription.trial_will_end", { ...sub, status: "trialing" }, NOW),
    event("product.created", product(), NOW),
    event("checkout.session.completed", session, NOW),
    event("invoice.paid", invoice({ customer: cus.id }), NOW),
    event("charge.succeeded", charge({ customer: cus.id }), NOW),
    event(
      "charge.dispute.created",
      {
        id: id("du"),
        charge: "ch_1",
        payment_intent: null,
        status: "lost",
        reason: "x",
        currency: "usd",
        amount: 1,
        created: NOW,
      },
      NOW,
    ),
    event("product.updated", { ...product(), created: "never" }, NOW), // poison, whose reason goes to the ledger
  ];
  const prepare = async () => {
    await cutAt(0);
    await view.empty();
    await apply(standing);
  };
  await prepare();
  const before = await everything();
  await apply(batch);
  const after = await everything();

  let writes = 1;
  for (; ; writes++) {
    await prepare();
    await cutAt(writes);
    const whole = await apply(batch).then(
      () => true,
      () => false,
    );
    if (whole) break;
    expect(await everything()).toEqual(before);
    await cutAt(0);
    await apply(batch);
    expect(await everything()).toEqual(after);
  }
  expect(writes).toBeGreaterThan(batch.length * 2); // each event's row and its entry at least
}, 120_000);
