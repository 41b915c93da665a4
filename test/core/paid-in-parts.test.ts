import { applyEvents } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { charge, event, id, invoice } from "../builders.ts";
import { createRandom, shuffle } from "../disorder.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { createShop, LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

const shown = async (paymentId: string) =>
  (
    await supabase.query<Record<string, unknown>>(
      "select status, amount, amount_paid, amount_refunded, dispute_status, failure_reason from payment_history where id = $1",
      [paymentId],
    )
  )[0];

/** What has happened at Stripe, each in a second of its own: so the order in which it arrives is all that differs. */
async function happened(): Promise<Stripe.Event[]> {
  const { data } = await lent.stripe.events.list({ limit: 100 });
  return data.reverse().map((each, place) => ({ ...each, created: LONG_AGO + place }));
}

/** The payment as the mirror shows it after every event, in several orders, each from an empty mirror. */
async function inEveryOrder(paymentId: string): Promise<(Record<string, unknown> | undefined)[]> {
  const events = await happened();
  const random = createRandom(7);
  const orders = [events, events.toReversed(), shuffle([...events], random), shuffle([...events], random)];
  const found = [];
  for (const [place, order] of orders.entries()) {
    supabase = await lendSupabase();
    const clients = { stripe: lent.stripe, supabase: supabase.client };
    // All at once, or one at a time.
    for (const batch of place % 2 === 0 ? [order] : order.map((each) => [each])) await applyEvents(clients, batch);
    found.push(await shown(paymentId));
  }
  return found;
}
const alike = (row: object) => Array(4).fill(expect.objectContaining(row));

async function openInvoice(amount = 3000, fields: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { stripe } = lent;
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const draft = await stripe.invoices.create({ customer, currency: "eur", ...fields });
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount, currency: "eur" });
  await stripe.invoices.finalizeInvoice(draft.id);
  return { id: draft.id, customer };
}
type Opened = Awaited<ReturnType<typeof openInvoice>>;

async function payPart({ id, customer }: Opened, amount: number, payment_method = "pm_card_visa") {
  const { stripe } = lent;
  const intent = await stripe.paymentIntents.create({
    amount,
    currency: "eur",
    customer,
    payment_method,
    confirm: true,
    return_url: "http://localhost/",
  });
  await stripe.invoices.attachPayment(id, { payment_intent: intent.id });
  return intent.id;
}

describe("an invoice that is paid in two parts, whatever the order of its events", () => {
  it("of which the first is refunded is partially refunded", async () => {
    const opened = await openInvoice();
    const first = await payPart(opened, 1000);
    await payPart(opened, 2000);
    await lent.stripe.refunds.create({ payment_intent: first });
    const row = { status: "partially_refunded", amount_paid: 3000, amount_refunded: 1000 };
    expect(await inEveryOrder(opened.id)).toEqual(alike(row));
  });

  it("of which both are refunded is refunded", async () => {
    const opened = await openInvoice();
    for (const amount of [1000, 2000]) {
      await lent.stripe.refunds.create({ payment_intent: await payPart(opened, amount) });
    }
    expect(await inEveryOrder(opened.id)).toEqual(alike({ status: "refunded", amount_refunded: 3000 }));
  });

  it("by a charge without a payment intent shows that charge's refund", async () => {
    const paid = invoice({ amount_due: 3000, amount_paid: 3000 });
    const taken = charge({ payment_intent: null, amount: 3000 });
    const part = { id: id("inpay"), invoice: paid.id, status: "paid", payment: { type: "charge", charge: taken.id } };
    const events = [
      event("invoice.paid", paid, LONG_AGO),
      event("invoice_payment.paid", part, LONG_AGO),
      event("charge.refunded", { ...taken, amount_refunded: 3000 }, LONG_AGO),
    ];
    await applyEvents({ stripe: lent.stripe, supabase: supabase.client }, events);
    const rows = await supabase.query("select status, amount_refunded from payment_history where id = $1", [paid.id]);
    expect(rows).toEqual([{ status: "refunded", amount_refunded: 3000 }]);
  });

  it("of which the first is disputed is disputed", async () => {
    const opened = await openInvoice();
    await payPart(opened, 1000, "pm_card_createDispute");
    await payPart(opened, 2000);
    const disputes = () => lent.stripe.events.list({ types: ["charge.dispute.created"] });
    await vi.waitFor(async () => expect((await disputes()).data).toHaveLength(1), 5_000);
    const row = { status: "disputed", dispute_status: "needs_response", amount_refunded: 0 };
    expect(await inEveryOrder(opened.id)).toEqual(alike(row));
  });

  it("of which one is paid waits for the rest", async () => {
    const opened = await openInvoice();
    await payPart(opened, 1000);
    expect(await inEveryOrder(opened.id)).toEqual(alike({ status: "partially_paid", amount_paid: 1000 }));
  });

  it("shows no failure of a part that was given up", async () => {
    const opened = await openInvoice();
    const { stripe } = lent;
    const part = await stripe.paymentIntents.create({
      amount: 1000,
      currency: "eur",
      customer: opened.customer,
      payment_method: "pm_card_chargeCustomerFail",
    });
    await stripe.invoices.attachPayment(opened.id, { payment_intent: part.id });
    await expect(stripe.paymentIntents.confirm(part.id, { return_url: "http://localhost/" })).rejects.toMatchObject({
      code: "card_declined",
    });
    await stripe.paymentIntents.cancel(part.id);
    expect(await inEveryOrder(opened.id)).toEqual(alike({ status: "open", failure_reason: null }));
  });
});

describe("an invoice that was sent", () => {
  it("is open until it is due, then overdue, and partially paid or paid as it comes", async () => {
    const at = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400;
    const sent = { status: "open", collection_method: "send_invoice", amount_paid: 0, attempt_count: 0 } as const;
    const states = [
      [{ due_date: at(30) }, "open"],
      [{ due_date: null }, "open"],
      // A payment of its buyer's that failed is no failure of the invoice.
      [{ due_date: at(30), attempt_count: 1 }, "open"],
      [{ due_date: at(-1) }, "overdue"],
      [{ due_date: at(30), amount_paid: 1000 }, "partially_paid"],
      [{ due_date: at(-1), amount_paid: 1000 }, "overdue"],
      [{ due_date: at(-1), amount_paid: 2900, status: "paid" }, "paid"],
    ] as const;
    for (const [fields, status] of states) {
      const owed = invoice({ ...sent, ...fields });
      await applyEvents({ stripe: lent.stripe, supabase: supabase.client }, [event("invoice.updated", owed, LONG_AGO)]);
      expect(await shown(owed.id), JSON.stringify(fields)).toMatchObject({ status });
    }
  });
});

describe("a payment that is held", () => {
  /** A session whose money is held once it is complete. */
  async function hold() {
    const { stripe } = lent;
    const session = await stripe.checkout.sessions.create({
      mode: "payment",
      line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: 2900, product_data: { name: "Held" } } }],
      payment_intent_data: { capture_method: "manual" },
      success_url: "https://app.example.com/success",
    });
    await createShop(supabase, lent).pay(session.url ?? "");
    return String((await stripe.checkout.sessions.retrieve(session.id)).payment_intent);
  }

  it("is held, whatever the order of its events", async () => {
    const row = { status: "held", amount: 2900, amount_paid: 0, amount_refunded: 0 };
    expect(await inEveryOrder(await hold())).toEqual(alike(row));
  });

  it("and captured is paid", async () => {
    const intent = await hold();
    await lent.stripe.paymentIntents.capture(intent);
    expect(await inEveryOrder(intent)).toEqual(alike({ status: "paid", amount_paid: 2900, amount_refunded: 0 }));
  });

  it("and captured in part is paid with that part: what is released is no refund", async () => {
    const intent = await hold();
    await lent.stripe.paymentIntents.capture(intent, { amount_to_capture: 2000 });
    expect(await inEveryOrder(intent)).toEqual(alike({ status: "paid", amount_paid: 2000, amount_refunded: 0 }));
    await lent.stripe.refunds.create({ payment_intent: intent, amount: 500 });
    const row = { status: "partially_refunded", amount_paid: 2000, amount_refunded: 500 };
    expect(await inEveryOrder(intent)).toEqual(alike(row));
  });

  it("and given up is canceled: what is released is no refund", async () => {
    const intent = await hold();
    await lent.stripe.paymentIntents.cancel(intent);
    expect(await inEveryOrder(intent)).toEqual(alike({ status: "canceled", amount_paid: 0, amount_refunded: 0 }));
  });
});

it("a purchase that cost nothing is paid, under its session's id: there is no payment", async () => {
  const { stripe } = lent;
  const coupon = await stripe.coupons.create({ percent_off: 100, duration: "once" });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: 2900, product_data: { name: "Free" } } }],
    discounts: [{ coupon: coupon.id }],
    success_url: "https://app.example.com/success",
  });
  await createShop(supabase, lent).pay(session.url ?? "");
  expect(await inEveryOrder(session.id)).toEqual(
    alike({ status: "paid", amount: 0, amount_paid: 0, amount_refunded: 0 }),
  );
});
