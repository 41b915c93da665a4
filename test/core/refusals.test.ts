import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { applyEvents, showPage } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { event, id, invoice, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBeforeSupabase } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";
import { TYPES } from "./project.ts";
import { samples } from "./samples.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  // The account is known before anything is counted.
  await applyEvents({ stripe: lent.stripe, supabase: supabase.client }, [
    event("product.created", product(), LONG_AGO),
  ]);
});

async function apply(events: Stripe.Event[], client = supabase.client) {
  const { outcomes, errors } = await applyEvents({ stripe: lent.stripe, supabase: client }, events);
  expect(errors).toEqual([]);
  return events.map((each) => outcomes.get(each.id));
}
const entry = async (eventId: string) =>
  (
    await supabase.query<{ outcome: string; reason: string; object_id: string }>(
      "select outcome, reason, object_id from billing.stripe_events where id = $1",
      [eventId],
    )
  )[0];

const SECRET = "4242 ada@example.com";
/** A text that no compression makes fit into an index. */
const unshrinkable = (length: number) => randomBytes(length).toString("base64").slice(0, length);
/** What our code reads, and Postgres alone refuses: a value that its column cannot hold. */
const REFUSED: [object: string, field: string, fields: object, reason: string][] = [
  ["customer", "id", { id: "gcus_1" }, "customer.customers_id_check: Postgres refused it (23514)"],
  ["product", "id", { id: unshrinkable(9_000) }, "product.?: Postgres refused it (54000)"],
  ["product", "active", { active: SECRET }, "product.active: Postgres refused it (22P02)"],
  ["price", "unit_amount", { unit_amount: 14.5 }, "price.unit_amount: Postgres refused it (22P02)"],
  ["price", "unit_amount", { unit_amount: 1e30 }, "price.unit_amount: Postgres refused it ("],
  [
    "subscription",
    "cancel_at_period_end",
    { cancel_at_period_end: SECRET },
    "subscription.cancel_at_period_end: Postgres refused it",
  ],
  ["subscription_schedule", "status", { status: null }, "subscription_schedule.status: Postgres refused it (23502)"],
  ["checkout_session", "amount_total", { amount_total: SECRET }, "checkout_session.amount_total: Postgres refused it"],
  ["invoice", "amount_paid", { amount_paid: SECRET }, "invoice.amount_paid: Postgres refused it (22P02)"],
  ["invoice", "attempt_count", { attempt_count: 3e9 }, "invoice.attempt_count: Postgres refused it (22003)"],
  ["invoice_payment", "status", { status: null }, "invoice_payment.status: Postgres refused it (23502)"],
  ["credit_note", "amount", { amount: SECRET }, "credit_note.amount: Postgres refused it (22P02)"],
  ["payment_intent", "amount", { amount: SECRET }, "payment_intent.amount: Postgres refused it (22P02)"],
  ["charge", "amount_refunded", { amount_refunded: null }, "charge.amount_refunded: Postgres refused it (23502)"],
  ["refund", "amount", { amount: SECRET }, "refund.amount: Postgres refused it (22P02)"],
  ["dispute", "amount", { amount: SECRET }, "dispute.amount: Postgres refused it (22P02)"],
  ["early_fraud_warning", "actionable", { actionable: SECRET }, "early_fraud_warning.actionable: Postgres refused it"],
  ["payment_method", "exp_month", { card: { exp_month: SECRET } }, "payment_method.exp_month: Postgres refused it"],
];

describe("what only Postgres refuses", () => {
  it.each(REFUSED)(
    "of a %s fails alone, and the ledger names the field (%s) and no value",
    async (object, _, fields, reason) => {
      const good = () => event("product.created", product(), LONG_AGO);
      const poison = event(TYPES[object] as Stripe.Event.Type, { ...samples[object], ...fields }, LONG_AGO);
      expect(await apply([good(), poison, good()])).toEqual(["applied", "failed", "applied"]);
      const found = await entry(poison.id);
      expect(found).toMatchObject({ outcome: "failed", object_id: (poison.data.object as { id: string }).id });
      expect(found?.reason).toContain(reason);
      expect(found?.reason).not.toContain("ada@");
    },
  );

  it("by the hundred is recorded in two calls, and well within the consumer's time when Supabase is far away", async () => {
    const far = await standBeforeSupabase(supabase, () => sleep(200));
    const bad = () => event("invoice.updated", invoice({ amount_paid: SECRET as never }), LONG_AGO);
    const events = Array.from({ length: 100 }, bad);
    const began = performance.now();
    expect(await apply(events, far.supabase)).toEqual(events.map(() => "failed"));
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(far.requests).toEqual(Array(2).fill("POST /rest/v1/rpc/apply_stripe_changes"));
    const failed = await supabase.query(
      "select reason, count(*)::int as n, count(distinct object_id)::int as objects from billing.stripe_events where outcome = 'failed' group by 1",
    );
    expect(failed).toEqual([{ reason: "invoice.amount_paid: Postgres refused it (22P02)", n: 100, objects: 100 }]);
  });

  it("among good ones is the only one that fails, and what is there already stays", async () => {
    const good = Array.from({ length: 20 }, () => event("product.created", product(), LONG_AGO));
    const poison = event("invoice.updated", invoice({ amount_paid: SECRET as never }), LONG_AGO);
    const [first, ...rest] = good;
    await apply([first as Stripe.Event]);
    const outcomes = await apply([first as Stripe.Event, ...rest.slice(0, 9), poison, ...rest.slice(9)]);
    expect(outcomes).toEqual(["duplicate", ...Array(9).fill("applied"), "failed", ...Array(10).fill("applied")]);
  });
});

describe("text that Postgres cannot hold", () => {
  it.each([
    ["a NUL in metadata", { metadata: { a: "fine", note: "a\u0000b" } }, { metadata: { a: "fine", note: "a\ufffdb" } }],
    ["half a pair, the first", { metadata: { note: "\ud83d" } }, { metadata: { note: "\ufffd" } }],
    ["half a pair, the second", { metadata: { note: "\ude80 x" } }, { metadata: { note: "\ufffd x" } }],
    ["a NUL in a key", { metadata: { "a\u0000": "b" } }, { metadata: { "a\ufffd": "b" } }],
    ["a pair the wrong way round", { name: "\ude80\ud83d" }, { name: "\ufffd\ufffd" }],
    ["a NUL in a list", { images: ["a", "b\u0000"] }, { images: ["a", "b\ufffd"] }],
  ])("(%s) is kept as near as can be: what is paid for is not missed for its sake", async (_, fields, kept) => {
    const [good, odd] = [event("product.created", product(), LONG_AGO), product(fields as never)];
    expect(await apply([good, event("product.created", odd, LONG_AGO)])).toEqual(["applied", "applied"]);
    const [row] = await supabase.query("select name, images, metadata from products where id = $1", [odd.id]);
    expect(row).toMatchObject(kept);
    // What a sweep reads of it is the same: nothing differs for ever.
    const { changes } = showPage("product", [odd as Stripe.Product], new Date().toISOString());
    const { data } = await supabase.client.rpc("compare_rows", { changes: changes as never });
    expect(data).toMatchObject([{ objects: 1, differing: [] }]);
  });

  it("and what is nested deeper than anything of Stripe's fails alone: to read it would fill a stack", async () => {
    const nested = (depth: number, leaf: number | null = 1) =>
      JSON.parse(`${'{"a":'.repeat(depth)}${leaf}${"}".repeat(depth)}`);
    for (const depth of [1_000, 50_000]) {
      const good = event("product.created", product(), LONG_AGO);
      const poison = event("product.created", product({ metadata: nested(depth) }), LONG_AGO);
      expect(await apply([good, poison]), `${depth}`).toEqual(["applied", "failed"]);
      const deepest = `product.metadata${".a".repeat(50)}`;
      expect((await entry(poison.id))?.reason).toBe(`${deepest}: it holds what Postgres cannot store`);
    }
    const deep = [1, null].map((leaf) => event("product.created", product({ metadata: nested(50, leaf) }), LONG_AGO));
    expect(await apply(deep)).toEqual(["applied", "applied"]);
  });

  it("and a moment beyond every calendar fails alone", async () => {
    for (const created of [8.64e12, 1e15, -1e12, Number.NaN]) {
      const good = event("product.created", product(), LONG_AGO);
      const poison = event("product.created", product({ created }), LONG_AGO);
      expect(await apply([good, poison]), `${created}`).toEqual(["applied", "failed"]);
      expect((await entry(poison.id))?.reason).toContain("product.created");
    }
  });

  it("where the mirror does not look harms nothing", async () => {
    const unseen = event("product.created", product({ statement_descriptor: "\u0000" } as never), LONG_AGO);
    expect(await apply([unseen])).toEqual(["applied"]);
  });

  it("in what is said of an object's owner makes it nobody's", async () => {
    const session = {
      ...samples.checkout_session,
      id: id("cs"),
      metadata: {},
      client_reference_id: null,
      customer: null,
      customer_details: { email: "a\u0000@example.com" },
    };
    const named = { ...session, id: id("cs"), metadata: { user_id: `${randomUUID()}\u0000` } };
    const sent = [session, named].map((each) => event("checkout.session.completed", each, LONG_AGO));
    expect(await apply(sent)).toEqual(["applied", "applied"]);
    const owned = "select id from checkout_sessions where user_id is not null or organization_id is not null";
    expect(await supabase.query(owned)).toEqual([]);
  });

  it("of which there is all of Unicode else is kept as it is", async () => {
    const name = "Größe 𠮷 🚀 \ufffe \uffff \u0001 \u2028";
    const shown = product({ name, metadata: { [name]: name } });
    expect(await apply([event("product.created", shown, LONG_AGO)])).toEqual(["applied"]);
    const rows = await supabase.query("select name, metadata from products where id = $1", [shown.id]);
    expect(rows).toEqual([{ name, metadata: { [name]: name } }]);
  });
});

describe("metadata that is no set of texts", () => {
  it.each(["x", 7, true, ["a"]])("(%j) is refused, and the ledger names it", async (metadata) => {
    for (const object of ["product", "price", "subscription", "subscription_schedule"]) {
      const sent = event(TYPES[object] as Stripe.Event.Type, { ...samples[object], metadata }, LONG_AGO);
      expect(await apply([sent]), object).toEqual(["failed"]);
      expect((await entry(sent.id))?.reason).toBe(`${object}.metadata: it is no object`);
    }
  });
});
