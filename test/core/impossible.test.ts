import { applyEvents, applyFetched, objects } from "@turnpike/core/mirror";
import { keepReading } from "@turnpike/core/sync";
import type Stripe from "stripe";
import { beforeEach, expect, it } from "vitest";
import { charge, event, id, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});
const clients = () => ({ stripe: lent.stripe, supabase: supabase.client });
const apply = (...events: Stripe.Event[]) => applyEvents(clients(), events);

async function look() {
  await supabase.query("update billing.stripe_events set recorded_at = recorded_at - interval '2 minutes'");
  await supabase.query("update billing.outbox set created_at = created_at - interval '2 minutes'");
  return (await supabase.client.rpc("find_impossible")).data;
}

it("nothing is impossible in what the guard, the ledger and the outbox write, in whatever order it comes", async () => {
  const [shown, gone, back, late] = [product(), product(), product(), product()];
  const dispute = { id: id("du"), charge: charge().id, payment_intent: null, status: "won", reason: "fraudulent" };
  await apply(event("product.updated", shown, LONG_AGO + 2), event("product.created", shown, LONG_AGO));
  await apply(event("product.updated", gone, LONG_AGO + 5), event("product.deleted", gone, LONG_AGO + 3));
  await apply(event("product.updated", gone, LONG_AGO + 7));
  await apply(event("product.deleted", back, LONG_AGO));
  await applyFetched(clients(), {
    answer: [objects.product.project(back as unknown as Stripe.Product, false)],
    asOf: new Date((LONG_AGO + 1) * 1000).toISOString(),
  });
  await apply(event("product.updated", late, LONG_AGO), event("product.updated", { ...late, name: 7 }, LONG_AGO + 1));
  await apply(event("charge.dispute.created", { ...dispute, currency: "usd", amount: 1, created: LONG_AGO }, LONG_AGO));
  await supabase.query("update customers set as_of = '-infinity'");
  expect(await look()).toEqual([]);
});

it("a row that went back, came back or went away, and a notice of no event, are each told of, once", async () => {
  const [older, deleted, missing] = [product(), product(), product()];
  await supabase.query("insert into billing.last_look (until) values (now() - interval '1 hour')");
  const events = [
    event("product.updated", older, LONG_AGO + 5),
    event("product.deleted", deleted, LONG_AGO),
    event("product.updated", missing, LONG_AGO),
  ];
  await apply(...events);
  await supabase.query("update products set as_of = as_of - interval '1 second' where id = $1", [older.id]);
  await supabase.query("update products set deleted = false where id = $1", [deleted.id]);
  await supabase.query("delete from products where id = $1", [missing.id]);
  await supabase.query(
    "insert into billing.outbox (source_id, kind, object_id) values ('evt_none', 'dispute_opened', 'du_1')",
  );
  const [wentBack, cameBack, wentAway] = events;
  const found = await look();
  expect(found).toHaveLength(4);
  expect(found).toEqual(
    expect.arrayContaining([
      { rule: "moment went back", event_id: wentBack?.id, object_id: older.id },
      { rule: "came back", event_id: cameBack?.id, object_id: deleted.id },
      { rule: "without a row", event_id: wentAway?.id, object_id: missing.id },
      { rule: "without an event", event_id: "evt_none", object_id: "du_1" },
    ]),
  );
  await supabase.query("delete from billing.last_look");
  expect(await look()).toEqual([]);
});

it("what a backup has put back beside a new ledger is told of by nobody: its events were in the old one", async () => {
  await supabase.query(`insert into billing.outbox (source_id, kind, object_id, created_at, sent_at)
    values ('evt_of_old', 'dispute_opened', 'du_1', now() - interval '5 hours', now())`);
  expect(await look()).toEqual([]);
  await supabase.query(
    "insert into billing.outbox (source_id, kind, object_id) values ('evt_none', 'dispute_opened', 'du_2')",
  );
  await supabase.query("update billing.last_look set until = until - interval '2 minutes'");
  expect(await look()).toMatchObject([{ rule: "without an event", object_id: "du_2" }]);
});

it("a sweep looks, and says what it finds", async () => {
  const shown = product();
  await apply(event("product.updated", shown, LONG_AGO));
  await supabase.query("delete from products where id = $1", [shown.id]);
  await supabase.query("update billing.stripe_events set recorded_at = recorded_at - interval '2 minutes'");
  const found = [];
  for (let turn = 0; turn < 10 && found.length === 0; turn++) {
    found.push(...(await keepReading(clients(), performance.now() + 50_000, () => {})).impossible);
  }
  expect(found).toMatchObject([{ rule: "without a row", object_id: shown.id }]);
});
