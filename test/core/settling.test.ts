import { applyEvents, applyFetched, FETCHES_A_SECOND, fetchProjections, objects } from "@turnpike/core/mirror";
import { createStripe, type StripeClient } from "@turnpike/core/stripe";
import type Stripe from "stripe";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { event, invoice, product, subscription } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { refuseForNow, standBefore } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});
afterEach(() => vi.restoreAllMocks());

async function apply(events: Stripe.Event[], stripe: StripeClient = lent.stripe) {
  const { outcomes, ...rest } = await applyEvents({ stripe, supabase: supabase.client }, events);
  return { ...rest, outcomes: events.map((each) => outcomes.get(each.id)) };
}
const nameOf = async (productId: string) =>
  (await supabase.query<{ name: string }>("select name from products where id = $1", [productId]))[0]?.name;
const inLedger = async (...events: Stripe.Event[]) =>
  (await supabase.query("select from billing.stripe_events where id = any ($1)", [events.map((each) => each.id)]))
    .length;
const now = () => Math.floor(Date.now() / 1000);

/** Two events of one second that show a product differently, and what Stripe holds of it. */
async function tie(at = LONG_AGO) {
  const { id: productId } = await lent.stripe.products.create({ name: "As Stripe holds it" });
  const events = ["One", "Other"].map((name) => event("product.updated", product({ id: productId, name }), at));
  return { productId, events, asked: async () => (await lent.asked(`GET /v1/products/${productId}`)).length };
}

describe("what only Stripe can settle", () => {
  it("is asked once for each object, whatever events there are of it, and counted", async () => {
    const [one, other] = [await tie(), await tie()];
    const good = event("product.created", product(), LONG_AGO);
    const { outcomes, ambiguous, errors } = await apply([...one.events, good, ...other.events]);
    expect(outcomes).toEqual(["applied", "applied", "applied", "applied", "applied"]);
    expect({ ambiguous, errors }).toEqual({ ambiguous: 2, errors: [] });
    expect([await nameOf(one.productId), await nameOf(other.productId)]).toEqual(Array(2).fill("As Stripe holds it"));
    expect([await one.asked(), await other.asked()]).toEqual([1, 1]);
    expect(await inLedger(...one.events, ...other.events)).toBe(4);
  });

  it("is asked again when the answer is of the event's own second: it may still miss another of it", async () => {
    const { productId, events, asked } = await tie(now());
    expect((await apply(events)).outcomes).toEqual(["applied", "applied"]);
    expect(await asked()).toBeGreaterThanOrEqual(2);
    const [row] = await supabase.query<{ as_of: string; fetched: boolean }>(
      "select as_of, fetched from products where id = $1",
      [productId],
    );
    expect(row?.fetched).toBe(true);
    expect(Date.parse(row?.as_of ?? "") / 1000).toBeGreaterThan(events[0]?.created ?? 0);
  });

  it("is asked again when Stripe may have looked at it in that second, and answered in the next", async () => {
    const { productId, events } = await tie();
    const held = JSON.stringify(await lent.stripe.products.retrieve(productId));
    const dates = [LONG_AGO + 1, LONG_AGO + 2].map((second) => new Date(second * 1000).toUTCString());
    const { stripe } = await standBefore(lent, (_, response) => {
      response.writeHead(200, { "content-type": "application/json", date: dates.shift() });
      response.end(held);
    });
    expect((await apply(events, stripe)).outcomes).toEqual(["applied", "applied"]);
    expect(dates).toEqual([]);
  });

  it("is not waited for when the event bears a time far ahead of Stripe's clock: what Stripe holds is the truth", async () => {
    const DAY = 86_400;
    const { productId, events, asked } = await tie(now() + DAY);
    expect(await apply(events)).toMatchObject({ outcomes: ["applied", "applied"], ambiguous: 1, errors: [] });
    expect(await asked()).toBeLessThanOrEqual(4);
    expect(await inLedger(...events)).toBe(2);
    expect(await nameOf(productId)).toBe("As Stripe holds it");
  });

  it("and is told of is told of once, also when the event bears a time far ahead", async () => {
    const customer = await lent.stripe.customers.create();
    const draft = await lent.stripe.invoices.create({ customer: customer.id, currency: "usd" });
    await lent.stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 2900, currency: "usd" });
    const { id } = await lent.stripe.invoices.finalizeInvoice(draft.id);
    const failed = event("invoice.payment_failed", invoice({ id, status: "open", amount_due: 1 }), now() + 86_400);
    expect(await apply([failed])).toMatchObject({ outcomes: ["applied"], noticed: true });
    expect((await apply([failed])).outcomes).toEqual(["duplicate"]);
    const rows = await supabase.query("select status, amount_due from billing.invoices where id = $1", [id]);
    expect(rows).toEqual([{ status: "open", amount_due: 2900 }]);
    const told = await supabase.query("select kind from billing.outbox where object_id = $1", [id]);
    expect(told).toEqual([{ kind: "payment_failed" }]);
    // The row is of the moment of the fetch: what happens next is not taken for old.
    const paid = event("invoice.paid", invoice({ id, status: "paid", amount_due: 2900 }), now() + 2);
    expect((await apply([paid])).outcomes).toEqual(["applied"]);
  });

  it("of what a deleted customer was entitled to ends in nothing: Stripe forgets that, and never the customer", async () => {
    const { id: customer } = await lent.stripe.customers.create();
    const summary = (...keys: string[]) => ({
      customer,
      entitlements: { data: keys.map((lookup_key) => ({ lookup_key })), has_more: false },
    });
    const type = "entitlements.active_entitlement_summary.updated";
    const events = [event(type, summary("exports"), LONG_AGO), event(type, summary(), LONG_AGO)];
    await lent.stripe.customers.del(customer);
    expect((await apply(events)).outcomes).toEqual(["applied", "applied"]);
    const rows = await supabase.query("select lookup_keys, deleted from entitlements where id = $1", [customer]);
    expect(rows).toEqual([{ lookup_keys: [], deleted: false }]);
  });

  it("is settled by an answer of the same second as another that stands", async () => {
    const unpaid = invoice({ status: "open", amount_paid: 0 });
    const date = "Thu, 05 Nov 2026 10:00:00 GMT";
    const { stripe } = await standBefore(lent, ({ url }, response) => {
      if (!url?.startsWith(`/v1/invoices/${unpaid.id}`)) return;
      response.writeHead(200, { date, "content-type": "application/json" });
      response.end(JSON.stringify({ ...unpaid, number: "answered" }));
    });
    const asOf = (await fetchProjections(stripe, "invoice", unpaid.id))?.asOf ?? "";
    const other = objects.invoice.project({ ...unpaid, number: "stands" } as never);
    await applyFetched({ stripe, supabase: supabase.client }, { answer: [other], asOf });
    const failed = event("invoice.payment_failed", unpaid, LONG_AGO);
    expect((await apply([failed], stripe)).outcomes).toEqual(["applied"]);
    expect(await inLedger(failed)).toBe(1);
  });

  it("and Stripe has forgotten is deleted", async () => {
    const { productId, events } = await tie();
    await lent.stripe.products.del(productId);
    expect((await apply(events)).outcomes).toEqual(["applied", "applied"]);
    const [row] = await supabase.query("select active, deleted from products where id = $1", [productId]);
    expect(row).toEqual({ active: false, deleted: true });
  });

  it("is what was written on a subscription that is over, within a second", async () => {
    const { stripe } = lent;
    const { id: customer } = await stripe.customers.create();
    const { id: sold } = await stripe.products.create({ name: "Pro" });
    const monthly = { product: sold, currency: "usd", unit_amount: 2900, recurring: { interval: "month" as const } };
    const { id: price } = await stripe.prices.create(monthly);
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 7 });
    await stripe.subscriptions.cancel(id);
    const over = await stripe.subscriptions.update(id, { metadata: { note: "has left" } });
    const before = event("customer.subscription.deleted", { ...over, metadata: {} }, LONG_AGO);
    const after = event("customer.subscription.updated", over, LONG_AGO);
    expect((await apply([before])).outcomes).toEqual(["applied"]);
    expect((await apply([after])).outcomes).toEqual(["applied"]);
    const [row] = await supabase.query("select deleted, metadata from user_subscriptions where id = $1", [id]);
    expect(row).toEqual({ deleted: true, metadata: { note: "has left" } });
  });

  it("and Stripe does not know, which never forgets it, comes again: the key is of another account or mode", async () => {
    const shown = subscription();
    const events = ["active", "past_due"].map((status) =>
      event("customer.subscription.updated", { ...shown, status }, LONG_AGO),
    );
    const good = event("product.created", product(), LONG_AGO);
    const { outcomes, errors } = await apply([...events, good]);
    expect(outcomes.sort()).toEqual(["applied", "applied", "retry"]);
    expect(errors).toMatchObject([{ name: "UnknownObjectError", code: "unknown_to_stripe" }]);
    expect(String(errors[0])).toContain(`the subscription ${shown.id}, and it never forgets one`);
    const [row] = await supabase.query("select deleted from user_subscriptions where id = $1", [shown.id]);
    expect(row).toEqual({ deleted: false });
  });

  it("brings along what the object cannot be understood without", async () => {
    const failing = { payment_method: "pm_card_chargeCustomerFail" };
    const customer = await lent.stripe.customers.create();
    const attached = await lent.stripe.paymentMethods.attach(failing.payment_method, { customer: customer.id });
    const { id: productId } = await lent.stripe.products.create({ name: "Pro" });
    const price = await lent.stripe.prices.create({
      product: productId,
      currency: "usd",
      unit_amount: 2900,
      recurring: { interval: "month" },
    });
    const made = await lent.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      default_payment_method: attached.id,
      payment_behavior: "allow_incomplete",
    });
    const invoiceId = String(made.latest_invoice);
    const failed = event(
      "invoice.payment_failed",
      invoice({ id: invoiceId, status: "open", amount_paid: 0 }),
      LONG_AGO,
    );
    expect((await apply([failed])).outcomes).toEqual(["applied"]);
    const [shown] = await supabase.query("select status, failure_reason from payment_history where id = $1", [
      invoiceId,
    ]);
    expect(shown).toEqual({ status: "failed", failure_reason: expect.stringMatching(/.+/) });
    const told = await supabase.query("select kind from billing.outbox where source_id = $1", [failed.id]);
    expect(told).toEqual([{ kind: "payment_failed" }]);
  });
});

describe("while Stripe cannot be asked", () => {
  it("those events come again, with the reason, and nothing else does", async () => {
    const nobody = createStripe({ secretKey: "sk_test_emulator", apiBase: "http://127.0.0.1:9" });
    const partial = event("invoice.payment_failed", invoice({ status: "open" }), LONG_AGO);
    const good = event("product.created", product(), LONG_AGO);
    const { outcomes, errors } = await apply([partial, good], nobody);
    expect(outcomes).toEqual(["retry", "applied"]);
    expect(errors).toHaveLength(1);
    expect(await inLedger(partial)).toBe(0);
  });

  it("because it was asked too often, it is asked again", async () => {
    let refusals = 0;
    const { stripe, requests } = await standBefore(lent, ({ url }, response) => {
      if (url?.startsWith("/v1/products/") && refusals++ < 1) refuseForNow(response);
    });
    const { productId, events } = await tie();
    expect((await apply(events, stripe)).outcomes).toEqual(["applied", "applied"]);
    expect(requests.filter((request) => request.includes(productId))).toHaveLength(2);
    expect(await nameOf(productId)).toBe("As Stripe holds it");
  });
});

it(`no more than ${FETCHES_A_SECOND} objects a second are fetched: the routes need Stripe too`, async () => {
  const ties = await Promise.all(Array.from({ length: 20 }, () => tie()));
  const began = performance.now();
  await apply(ties.flatMap(({ events }) => events));
  expect(performance.now() - began).toBeGreaterThan((19 / FETCHES_A_SECOND) * 1000);
});

// The last one: the pace of those behind it would be that of this clock.
it("what Stripe refuses, being asked too often, comes again once there is no time left", async () => {
  const { stripe, requests } = await standBefore(lent, ({ url }, response) => {
    if (url?.startsWith("/v1/products/")) refuseForNow(response);
  });
  const { events } = await tie();
  const started = performance.now();
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => started + (real() - started) * 30);
  vi.spyOn(Math, "random").mockReturnValue(0.9); // so that each pause is a long one
  const { outcomes, errors } = await apply(events, stripe);
  expect(outcomes.sort()).toEqual(["applied", "retry"]);
  expect(String(errors[0])).toContain("no time left");
  expect(requests.length).toBeLessThan(5);
});
