import { readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { at, project, rank, row, without } from "./project.ts";
import { samples } from "./samples.ts";

const USER = "0190163d-8694-739b-aea5-966c26f8ad91";

describe("a checkout session's row", () => {
  const ROW = {
    customer_id: "cus_1",
    mode: "subscription",
    status: "complete",
    payment_status: "paid",
    payment_failed: false,
    price_id: "price_1",
    currency: "eur",
    amount_total: 1800,
    customer_email: "paid@example.com",
    payment_intent_id: "pi_1",
    subscription_id: "sub_1",
    invoice_id: "in_1",
    expires_at: at(1_700_000_030),
    created_at: at(1_700_000_006),
  };

  it("shows what was bought, by whom, and what that made", () => {
    expect(project("checkout_session")).toEqual({
      object: "checkout_session",
      object_id: "cs_1",
      row: ROW,
      rank: 2,
      deleted: false,
      owner: {
        customer_id: "cus_1",
        metadata: { user_id: USER, price_id: "price_1" },
        reference: USER,
        email: "paid@example.com",
      },
    });
    const bare = without("customer", "customer_details", "payment_intent", "subscription", "invoice", "amount_total");
    const fields = { ...bare, currency: null, metadata: null, client_reference_id: null, status: null };
    expect(project("checkout_session", fields)).toMatchObject({
      row: {
        ...ROW,
        customer_id: null,
        status: "open",
        price_id: null,
        currency: null,
        amount_total: null,
        customer_email: "given@example.com",
        payment_intent_id: null,
        subscription_id: null,
        invoice_id: null,
      },
      owner: undefined,
    });
    expect(row("checkout_session", { customer_details: { email: null } }).customer_email).toBe("given@example.com");
    expect(row("checkout_session", { metadata: {} }).price_id).toBeNull();
  });

  it("says by which reference and e-mail it was bought once it is complete, and no sooner", () => {
    const guest = { metadata: {}, client_reference_id: null };
    const owner = { customer_id: "cus_1", email: "paid@example.com" };
    expect(project("checkout_session", guest).owner).toEqual(owner);
    expect(project("checkout_session", { ...guest, client_reference_id: "order 7" }).owner).toEqual({
      ...owner,
      reference: "order 7",
    });
    for (const fields of [
      { status: "open", client_reference_id: "order 7" },
      { status: "expired", client_reference_id: "order 7" },
      { customer_details: null },
      { customer_details: { email: null } },
      { customer_details: { email: "" } },
    ]) {
      expect(project("checkout_session", { ...guest, ...fields }).owner).toBeUndefined();
    }
  });

  it("goes on from open to unpaid to settled", () => {
    const states = [
      { status: "open", payment_status: "unpaid" },
      { status: "complete", payment_status: "unpaid" },
      { status: "complete", payment_status: "paid" },
      { status: "complete", payment_status: "no_payment_required" },
      { status: "expired", payment_status: "unpaid" },
      { status: "complete", payment_status: "unpaid", payment_intent: { id: "pi_1", status: "canceled" } },
    ];
    expect(states.map((state) => rank("checkout_session", state))).toEqual([0, 1, 2, 2, 2, 2]);
  });

  it("tells a delayed payment that failed from one under way, by its event", () => {
    const unpaid = { ...samples.checkout_session, payment_status: "unpaid" };
    const read = (type: Stripe.Event.Type) => readEvent(event(type, unpaid, 1_790_000_000))?.projection;
    expect(read("checkout.session.completed")).toMatchObject({ row: { payment_failed: false }, rank: 1 });
    expect(read("checkout.session.async_payment_failed")).toMatchObject({ row: { payment_failed: true }, rank: 2 });
  });

  it.each([
    ["payment_intent", { requires_payment_method: true, canceled: true, processing: false, succeeded: false }],
    ["subscription", { past_due: true, unpaid: true, incomplete_expired: true, active: false, incomplete: false }],
  ])("and by its %s, where Stripe was asked for it", (made, failed) => {
    const unpaid = { payment_status: "unpaid", payment_intent: null, subscription: null };
    for (const [status, payment_failed] of Object.entries(failed)) {
      expect(row("checkout_session", { ...unpaid, [made]: { id: "x_1", status } }), status).toMatchObject({
        payment_failed,
      });
    }
    const [status] = Object.keys(failed);
    for (const other of [{ payment_status: "paid" }, { status: "open" }]) {
      const fields = { ...unpaid, [made]: { id: "x_1", status }, ...other };
      expect(row("checkout_session", fields)).toMatchObject({ payment_failed: false });
    }
  });
});

describe("an invoice's row", () => {
  const ROW = {
    customer_id: "cus_1",
    subscription_id: "sub_1",
    payment_intent_id: null,
    number: "A-0001",
    status: "open",
    billing_reason: "subscription_cycle",
    collection_method: "send_invoice",
    due_date: at(1_700_000_040),
    currency: "eur",
    amount_due: 1500,
    amount_paid: 500,
    amount_remaining: 1000,
    attempted: true,
    attempt_count: 2,
    next_payment_attempt: at(1_700_000_041),
    product_id: "prod_1",
    description: "1 × Pro",
    other_products: 1,
    hosted_invoice_url: "https://invoice.example.com/1",
    invoice_pdf: "https://invoice.example.com/1.pdf",
    created_at: at(1_700_000_007),
  };

  it("shows what is owed, until when, and where it is read", () => {
    expect(project("invoice")).toEqual({ object: "invoice", object_id: "in_1", row: ROW, rank: 1, deleted: false });
    const bare = without(
      "customer",
      "parent",
      "number",
      "status",
      "billing_reason",
      "due_date",
      "next_payment_attempt",
    );
    const absent = { collection_method: undefined, hosted_invoice_url: undefined, invoice_pdf: undefined };
    expect(project("invoice", { ...bare, ...absent })).toMatchObject({
      row: {
        ...ROW,
        customer_id: null,
        subscription_id: null,
        number: null,
        status: "draft",
        billing_reason: null,
        collection_method: null,
        due_date: null,
        next_payment_attempt: null,
        hosted_invoice_url: null,
        invoice_pdf: null,
      },
      rank: 0,
    });
    expect(row("invoice", { parent: { subscription_details: null } }).subscription_id).toBeNull();
  });

  it("shows what API versions before 2025-03-31 have elsewhere", () => {
    const old = {
      parent: undefined,
      subscription: "sub_2",
      payment_intent: { id: "pi_2" },
      lines: { data: [{ amount: 900, description: "1 × Starter", price: { product: "prod_2" } }] },
    };
    expect(row("invoice", old)).toMatchObject({
      subscription_id: "sub_2",
      payment_intent_id: "pi_2",
      product_id: "prod_2",
    });
  });

  const line = (amount: number, product: string | null, description: string | null = null) => ({
    amount,
    description,
    pricing: product === null ? null : { price_details: { product } },
  });
  it.each([
    ["nothing where it has no lines", [], [null, null, 0]],
    ["what was written by hand", [line(900, null, "Consulting")], [null, "Consulting", 0]],
    ["a product once, however many lines it has", [line(900, "a"), line(500, "a"), line(10, "a")], ["a", null, 0]],
    ["each other thing once", [line(5, "b"), line(9, "a"), line(4, "b"), line(3, null, "Fee")], ["a", null, 2]],
    ["none that costs nothing or is given back", [line(9, "a"), line(0, "b"), line(-5, "c")], ["a", null, 0]],
    [
      "what is free, if nothing else is on it",
      [line(0, "a", "Trial period for Pro")],
      ["a", "Trial period for Pro", 0],
    ],
  ])("names what it is for: %s", (_, data, [product_id, description, other_products]) => {
    expect(row("invoice", { lines: { data } })).toMatchObject({ product_id, description, other_products });
  });

  it("goes on from draft to open to its end, and never back", () => {
    const ranks = ["draft", "open", "uncollectible", "void", "paid"].map((status) => rank("invoice", { status }));
    expect(ranks).toEqual([0, 1, 2, 3, 3]);
    expect(rank("invoice", { status: "of_a_later_version" })).toBe(0);
  });

  it("of a draft may be forgotten by Stripe, and of none other", () => {
    const read = (status: string) => readEvent(event("invoice.updated", { ...samples.invoice, status }, 1_790_000_000));
    expect(read("draft")?.forgotten).toMatchObject({ object_id: "in_1", deleted: true });
    expect(read("open")?.forgotten).toBeUndefined();
  });
});
