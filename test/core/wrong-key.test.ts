import { applyEvents, enabledEvents } from "@turnpike/core/mirror";
import type { StripeClient } from "@turnpike/core/stripe";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBefore } from "../parts/proxy.ts";
import { createShop, LONG_AGO } from "../parts/shop.ts";
import { samples } from "./samples.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

async function apply(events: Stripe.Event[], stripe: StripeClient = lent.stripe) {
  const { outcomes, errors } = await applyEvents({ stripe, supabase: supabase.client }, events);
  return { outcomes: events.map(({ id }) => outcomes.get(id)), errors };
}

/** Of each object a type of event and two states that only Stripe could tell the later of. */
const TIES: [object: string, table: string, type: string, states: [object, object]][] = [
  ["customer", "customers", "customer.updated", [{ name: "A" }, { name: "B" }]],
  ["product", "products", "product.updated", [{ name: "A" }, { name: "B" }]],
  ["price", "prices", "price.updated", [{ nickname: "A" }, { nickname: "B" }]],
  [
    "subscription",
    "user_subscriptions",
    "customer.subscription.updated",
    [{ status: "active" }, { status: "past_due" }],
  ],
  [
    "subscription_schedule",
    "subscription_schedules",
    "subscription_schedule.updated",
    [{ end_behavior: "release" }, { end_behavior: "cancel" }],
  ],
  ["checkout_session", "checkout_sessions", "checkout.session.completed", [{ amount_total: 1 }, { amount_total: 2 }]],
  ["invoice", "billing.invoices", "invoice.updated", [{ amount_paid: 1 }, { amount_paid: 2 }]],
  ["invoice_payment", "billing.invoice_payments", "invoice_payment.paid", [{ invoice: "in_1" }, { invoice: "in_2" }]],
  ["credit_note", "billing.credit_notes", "credit_note.updated", [{ reason: "duplicate" }, { reason: null }]],
  [
    "payment_intent",
    "billing.payment_intents",
    "payment_intent.processing",
    [{ amount_received: 1 }, { amount_received: 2 }],
  ],
  ["charge", "billing.charges", "charge.refunded", [{ amount_refunded: 1 }, { amount_refunded: 2 }]],
  ["refund", "billing.refunds", "refund.updated", [{ amount: 1 }, { amount: 2 }]],
  ["dispute", "billing.disputes", "charge.dispute.updated", [{ amount: 1 }, { amount: 2 }]],
  [
    "early_fraud_warning",
    "billing.early_fraud_warnings",
    "radar.early_fraud_warning.updated",
    [{ actionable: true }, { actionable: false }],
  ],
  ["payment_method", "payment_methods", "payment_method.updated", [{ type: "card" }, { type: "link" }]],
];
const FORGOTTEN = ["product", "price"];

const tie = (object: string, type: string, states: readonly object[]) =>
  states.map((state) => event(type as Stripe.Event.Type, { ...samples[object], ...state }, LONG_AGO));
const idOf = (object: string) => (samples[object] as { id: string }).id;
const deleted = async (table: string, id: string) =>
  (await supabase.query<{ deleted: boolean }>(`select deleted from ${table} where id = $1`, [id]))[0]?.deleted;

describe("two events of one second, of what Stripe does not know", () => {
  it("are of every object that is fetched alone", () => {
    const objects = new Set([...TIES.map(([object]) => object), "entitlements"]);
    expect(objects.size).toBe(Object.keys(samples).length);
    for (const [, , type] of TIES) expect(enabledEvents).toContain(type);
  });

  it.each(TIES)("end no %s that Stripe never forgets: they come again", async (object, table, type, states) => {
    const { outcomes, errors } = await apply(tie(object, type, states));
    const row = await deleted(table, idOf(object));
    if (FORGOTTEN.includes(object)) {
      expect({ outcomes, errors, row }).toEqual({ outcomes: ["applied", "applied"], errors: [], row: true });
    } else {
      expect({ outcomes: outcomes.toSorted(), row }).toEqual({ outcomes: ["applied", "retry"], row: false });
      expect(errors).toMatchObject([{ code: "unknown_to_stripe", message: expect.stringContaining(idOf(object)) }]);
    }
  });

  it("end an invoice only while it is a draft", async () => {
    const drafts = [
      { status: "draft", amount_due: 1 },
      { status: "draft", amount_due: 2 },
    ];
    expect(await apply(tie("invoice", "invoice.updated", drafts))).toEqual({
      outcomes: ["applied", "applied"],
      errors: [],
    });
    expect(await deleted("billing.invoices", "in_1")).toBe(true);
  });

  it("end no invoice of which one of them shows that it was finalised", async () => {
    const states = [
      { status: "draft", amount_due: 1 },
      { status: "open", amount_due: 1 },
      { status: "open", amount_due: 2 },
    ];
    for (const order of [states, states.toReversed()]) {
      supabase = await lendSupabase();
      const { outcomes } = await apply(tie("invoice", "invoice.updated", order));
      expect(outcomes).toContain("retry");
      expect(await deleted("billing.invoices", "in_1")).toBe(false);
    }
  });
});

it("a subscription outlives hours with a wrong key: with the right one all of its events land", async () => {
  const shop = createShop(supabase, lent);
  const customer = await lent.stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const { id: price } = await shop.sell("monthly");
  const made = await lent.stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
  const second = (status: string) =>
    event("customer.subscription.updated", { ...made, status }, LONG_AGO + 1) as Stripe.Event;
  const two = [second("active"), second("past_due")];

  const elsewhere = await lendElsewhere();
  expect((await apply(two, elsewhere)).outcomes.toSorted()).toEqual(["applied", "retry"]);
  const later = event("customer.subscription.updated", made, LONG_AGO + 20);
  expect((await apply([...two, later])).outcomes).not.toContain("retry");
  const [row] = await supabase.query("select status, deleted, grants_access from user_subscriptions where id = $1", [
    made.id,
  ]);
  expect(row).toEqual({ status: "active", deleted: false, grants_access: true });
});

/** A Stripe that knows nothing of what this one holds, and does not say that it is another account. */
async function lendElsewhere(): Promise<StripeClient> {
  const { stripe } = await standBefore(lent, ({ url }, response) => {
    if (url === "/v1/account") return;
    response.writeHead(404, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ error: { type: "invalid_request_error", code: "resource_missing", message: "No such" } }),
    );
  });
  return stripe;
}
