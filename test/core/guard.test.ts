import { applyEvents, applyFetched, objects } from "@turnpike/core/mirror";
import { createStripe } from "@turnpike/core/stripe";
import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { charge, customer, event, id, invoice, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
// Stripe cannot be asked: what only it could settle is to be sent again.
const stripe = createStripe({ secretKey: "sk_test_emulator", apiBase: "http://127.0.0.1:9" });
const clients = () => ({ stripe, supabase: supabase.client });

beforeAll(async () => {
  [lent, supabase] = await Promise.all([lendStripe(), lendSupabase()]);
  await applyEvents({ stripe: lent.stripe, supabase: supabase.client }, [
    event("product.created", product(), 1_700_000_000),
  ]);
});

async function apply(...events: Stripe.Event[]) {
  const { outcomes } = await applyEvents(clients(), events);
  return events.map((each) => outcomes.get(each.id));
}
/** Writes what Stripe's API would have shown at this moment. */
const fetched = (shown: object, seconds: number, deleted = false) =>
  applyFetched(clients(), {
    answer: [objects.product.project(shown as Stripe.Product, deleted)],
    asOf: new Date(seconds * 1000).toISOString(),
  });
const rowOf = async (productId: string) => {
  const sql =
    "select name, active, deleted, fetched, rank, extract(epoch from as_of)::int as at from products where id = $1";
  return (await supabase.query<{ name: string }>(sql, [productId]))[0];
};
const ledger = async (eventId: string) =>
  (await supabase.query("select outcome, reason from billing.stripe_events where id = $1", [eventId]))[0];
const updated = (shown: object, name: string, at = LONG_AGO) => event("product.updated", { ...shown, name }, at);

describe("an event", () => {
  it("makes a row that says as of when it is", async () => {
    const shown = product();
    expect(await apply(updated(shown, "A"))).toEqual(["applied"]);
    expect(await rowOf(shown.id)).toEqual({
      name: "A",
      active: true,
      deleted: false,
      fetched: false,
      rank: 0,
      at: LONG_AGO,
    });
  });

  it("that is newer wins, and one that is older is stale, also within a batch", async () => {
    for (const order of [
      [1, 2, 3],
      [3, 2, 1],
      [2, 3, 1],
    ]) {
      const shown = product();
      const outcomes = await apply(...order.map((n) => updated(shown, `v${n}`, LONG_AGO + n)));
      expect(outcomes).toEqual(order.map((n) => (n === 3 ? "applied" : "stale")));
      expect(await rowOf(shown.id)).toMatchObject({ name: "v3", at: LONG_AGO + 3 });
      expect(await apply(updated(shown, "v0"), updated(shown, "v4", LONG_AGO + 4))).toEqual(["stale", "applied"]);
    }
  });

  it("that is older and shows the same is stale all the same", async () => {
    const shown = product();
    await apply(updated(shown, "A", LONG_AGO + 1));
    expect(await apply(updated(shown, "A"))).toEqual(["stale"]);
    expect(await rowOf(shown.id)).toMatchObject({ at: LONG_AGO + 1 });
  });

  it("of the same second wins where the object has visibly moved on, in any order", async () => {
    for (const order of [
      ["open", "paid"],
      ["paid", "open"],
    ]) {
      const shown = invoice();
      const events = order.map((status) => event("invoice.updated", { ...shown, status }, LONG_AGO));
      expect((await apply(...events)).sort()).toEqual(["applied", "stale"]);
      const later = invoice();
      for (const status of order) await apply(event("invoice.updated", { ...later, status }, LONG_AGO));
      const rows = await supabase.query("select status from billing.invoices where id = any ($1)", [
        [shown.id, later.id],
      ]);
      expect(rows).toEqual([{ status: "paid" }, { status: "paid" }]);
    }
  });

  it("of the same second that shows the same is settled, in one batch or two", async () => {
    const [one, other] = [product(), product()];
    expect(await apply(updated(one, "A"), updated(one, "A"))).toEqual(["applied", "applied"]);
    expect(await apply(updated(other, "A"))).toEqual(["applied"]);
    expect(await apply(updated(other, "A"))).toEqual(["applied"]);
  });

  it("of the same second that shows something else is for Stripe to settle, in one batch or two", async () => {
    const [one, other] = [product(), product()];
    expect((await apply(updated(one, "A"), updated(one, "B"))).sort()).toEqual(["applied", "retry"]);
    await apply(updated(other, "A"));
    const second = updated(other, "B");
    expect(await apply(second)).toEqual(["retry"]);
    expect(await rowOf(other.id)).toMatchObject({ name: "A" });
    expect(await ledger(second.id)).toBeUndefined();
  });

  it("that shows nothing where the row says something is no less another state", async () => {
    const shown = product();
    const described = (description: string | null, at = LONG_AGO) =>
      event("product.updated", { ...shown, description }, at);
    await apply(described("Said"));
    expect(await apply(described(null))).toEqual(["retry"]);
    expect(await apply(described(null, LONG_AGO + 1))).toEqual(["applied"]);
    expect(await supabase.query("select description from products where id = $1", [shown.id])).toEqual([
      { description: null },
    ]);
  });
});

describe("a deletion", () => {
  const removed = (shown: object, at = LONG_AGO) => event("product.deleted", shown, at);

  it("is the last word, whatever comes after it, before it, or with it", async () => {
    const shown = product();
    await apply(updated(shown, "A", LONG_AGO + 5));
    expect(await apply(removed(shown, LONG_AGO + 3))).toEqual(["applied"]);
    expect(await rowOf(shown.id)).toMatchObject({ active: false, deleted: true, at: LONG_AGO + 5 });
    const later = [updated(shown, "B", LONG_AGO + 9), updated(shown, "C", LONG_AGO + 5), updated(shown, "D")];
    expect(await apply(...later)).toEqual(["stale", "stale", "stale"]);
    expect(await rowOf(shown.id)).toMatchObject({ active: false, deleted: true });
    const other = product();
    expect(await apply(updated(other, "A", LONG_AGO + 9), removed(other))).toEqual(["stale", "applied"]);
    expect(await rowOf(other.id)).toMatchObject({ active: false, deleted: true });
  });

  it("may come first, and twice", async () => {
    const shown = product();
    expect(await apply(removed(shown, LONG_AGO + 1))).toEqual(["applied"]);
    expect(await apply(updated(shown, "A"), removed(shown))).toEqual(["stale", "applied"]);
    expect(await rowOf(shown.id)).toMatchObject({ deleted: true, at: LONG_AGO + 1 });
  });

  it("that comes after a deletion of the same row but newer is done", async () => {
    const shown = product();
    await apply(removed(shown));
    expect(await apply(removed(shown, LONG_AGO + 9))).toEqual(["applied"]);
  });

  it("that is newer than the one before is what an answer must be newer than", async () => {
    const shown = product();
    await apply(removed(shown));
    await apply(removed(shown, LONG_AGO + 9));
    await fetched({ ...shown, name: "Asked for before the second" }, LONG_AGO + 8);
    expect(await rowOf(shown.id)).toMatchObject({ deleted: true, at: LONG_AGO + 9 });
  });
});

describe("what was fetched", () => {
  it("lands over older state, and over none that is as new", async () => {
    const shown = product();
    await fetched({ ...shown, name: "F1" }, LONG_AGO);
    expect(await rowOf(shown.id)).toMatchObject({ name: "F1", fetched: true, at: LONG_AGO });
    await fetched({ ...shown, name: "F2" }, LONG_AGO + 1);
    expect(await rowOf(shown.id)).toMatchObject({ name: "F2" });
    await fetched({ ...shown, name: "F3" }, LONG_AGO + 1);
    await fetched({ ...shown, name: "F4" }, LONG_AGO);
    expect(await rowOf(shown.id)).toMatchObject({ name: "F2", at: LONG_AGO + 1 });
    await apply(updated(shown, "E", LONG_AGO + 2));
    expect(await rowOf(shown.id)).toMatchObject({ name: "E", fetched: false });
  });

  it("alone brings back what was deleted, and only when it is newer", async () => {
    const shown = product();
    await apply(event("product.deleted", shown, LONG_AGO + 5));
    await fetched({ ...shown, name: "Old" }, LONG_AGO + 4);
    expect(await rowOf(shown.id)).toMatchObject({ deleted: true });
    await fetched({ ...shown, name: "Back" }, LONG_AGO + 6);
    expect(await rowOf(shown.id)).toMatchObject({ name: "Back", deleted: false });
  });
});

describe("the ledger", () => {
  it("knows an event that was applied or stale: it is done", async () => {
    const shown = product();
    const [newer, older] = [updated(shown, "A", LONG_AGO + 1), updated(shown, "B")];
    expect(await apply(newer, older)).toEqual(["applied", "stale"]);
    expect(await apply(newer, older)).toEqual(["duplicate", "duplicate"]);
    await supabase.query("delete from products where id = $1", [shown.id]);
    expect(await apply(newer, older)).toEqual(["duplicate", "duplicate"]);
    expect(await rowOf(shown.id)).toBeUndefined();
  });

  it("lets an event that failed come again, and forgets why", async () => {
    const bad = updated(product(), "A");
    bad.data.object = { ...bad.data.object, images: "none" } as never;
    expect(await apply(bad)).toEqual(["failed"]);
    expect(await ledger(bad.id)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("product.images"),
    });
    expect(await apply(bad)).toEqual(["failed"]);
    const good = {
      ...bad,
      data: { object: { ...(bad.data.object as object), images: [] } },
    } as unknown as Stripe.Event;
    expect(await apply(good)).toEqual(["applied"]);
    expect(await ledger(bad.id)).toEqual({ outcome: "applied", reason: null });
    expect(await apply(bad)).toEqual(["duplicate"]);
  });

  it("says when Stripe made an event, also of one whose object was fetched later", async () => {
    const [shown, held] = [updated(product(), "A"), await lent.stripe.products.create({ name: "Held" })];
    const tied = ["A", "B"].map((name) => updated(product({ id: held.id }), name));
    await applyEvents({ stripe: lent.stripe, supabase: supabase.client }, [shown, ...tied]);
    const moments = await supabase.query(
      "select distinct extract(epoch from created_at)::int as at from billing.stripe_events where id = any ($1)",
      [[shown, ...tied].map((each) => each.id)],
    );
    expect(moments).toEqual([{ at: LONG_AGO }]);
    expect(await rowOf(held.id)).toMatchObject({ name: "Held", fetched: true });
  });

  it("keeps what failed once apart from what is done in one batch", async () => {
    const [one, two] = [updated(product(), "A"), updated(product(), "B")];
    await apply(one);
    const bad = event("product.updated", { ...product(), created: "soon" }, LONG_AGO);
    expect(await apply(one, two, bad)).toEqual(["duplicate", "applied", "failed"]);
  });

  it("says of an object that no table is registered for that it failed", async () => {
    const change = { event_id: id("evt"), type: "teapot.created", object: "teapot", object_id: "t_1", row: {} };
    const moment = { created_at: "2026-01-01T00:00:00Z", as_of: "2026-01-01T00:00:00Z", rank: 0 };
    const [account] = await supabase.query<{ key_hash: string }>(
      "select key_hashes[1] as key_hash from billing.stripe_account",
    );
    const answer = await supabase.query("select * from apply_stripe_changes($1, $2, false)", [
      JSON.stringify([{ ...change, ...moment, deleted: false, fetched: false }]),
      account?.key_hash,
    ]);
    const reason = "No table is registered for the object teapot";
    expect(answer).toEqual([{ event_id: change.event_id, outcome: "failed", reason }]);
    expect(await ledger(change.event_id)).toEqual({ outcome: "failed", reason });
  });
});

describe("what must be told", () => {
  const told = (eventId: string) =>
    supabase.query("select kind, object_id from billing.outbox where source_id = $1", [eventId]);
  const dispute = (fields: object = {}) => ({
    id: id("du"),
    charge: charge().id,
    payment_intent: null,
    status: "needs_response",
    reason: "fraudulent",
    currency: "usd",
    amount: 100,
    created: LONG_AGO,
    ...fields,
  });

  it("is told once, also of an event that came late", async () => {
    const shown = dispute();
    await apply(event("charge.dispute.closed", { ...shown, status: "won" }, LONG_AGO + 9));
    const opened = event("charge.dispute.created", shown, LONG_AGO);
    expect(await apply(opened)).toEqual(["stale"]);
    expect(await apply(opened)).toEqual(["duplicate"]);
    expect(await told(opened.id)).toEqual([{ kind: "dispute_opened", object_id: shown.id }]);
  });

  it("is not told of what failed, nor before Stripe has settled it", async () => {
    const failed = event("charge.dispute.created", dispute({ amount: "a lot" }), LONG_AGO);
    expect(await apply(failed)).toEqual(["failed"]);
    expect(await told(failed.id)).toEqual([]);
    const shown = dispute();
    await apply(event("charge.dispute.updated", shown, LONG_AGO));
    const unsettled = event("charge.dispute.updated", { ...shown, amount: 200 }, LONG_AGO);
    expect(await apply(unsettled)).toEqual(["retry"]);
    expect(await told(unsettled.id)).toEqual([]);
  });
});

it("a customer's row keeps its owner, whatever Stripe shows of it later", async () => {
  const [user] = await supabase.query<{ id: string }>(
    "insert into auth.users (id, email) values (gen_random_uuid(), $1) returning id",
    [`${id("user")}@example.com`],
  );
  const shown = customer({ metadata: { user_id: user?.id ?? "" } });
  await apply(event("customer.created", shown, LONG_AGO));
  await apply(event("customer.updated", { ...shown, name: "Renamed", metadata: {} }, LONG_AGO + 1));
  const [row] = await supabase.query("select name, user_id from customers where id = $1", [shown.id]);
  expect(row).toEqual({ name: "Renamed", user_id: user?.id });
});
