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
    user_id: USER,
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
      owner: { customer_id: "cus_1", user_id: USER },
    });
    const bare = without("customer", "customer_details", "payment_intent", "subscription", "invoice", "amount_total");
    const fields = { ...bare, currency: null, metadata: null, status: null };
    expect(project("checkout_session", fields)).toMatchObject({
      row: {
        ...ROW,
        customer_id: null,
        user_id: null,
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

  it("of a guest is owned by the e-mail that was given, once it is complete", () => {
    const guest = { metadata: {}, client_reference_id: null };
    const owner = { customer_id: "cus_1", email: "paid@example.com" };
    expect(project("checkout_session", guest)).toMatchObject({ owner, row: { user_id: null } });
    const others = [
      { client_reference_id: "order 7" },
      { status: "open" },
      { status: "expired" },
      { customer: null },
      { customer_details: null },
      { customer_details: { email: null } },
      { customer_details: { email: "" } },
    ];
    for (const fields of others) expect(project("checkout_session", { ...guest, ...fields }).owner).toBeFalsy();
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
    const old = { parent: undefined, subscription: "sub_2", payment_intent: { id: "pi_2" } };
    expect(row("invoice", old)).toMatchObject({ subscription_id: "sub_2", payment_intent_id: "pi_2" });
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

describe("a payment's row", () => {
  it("shows which invoice it is for", () => {
    const shown = { invoice_id: "in_1", payment_intent_id: "pi_1", charge_id: "ch_1", status: "paid" };
    expect(project("invoice_payment")).toMatchObject({ object_id: "inpay_1", row: shown, rank: 1 });
    expect(row("invoice_payment", { payment: { type: "charge" }, invoice: { id: "in_2" } })).toEqual({
      invoice_id: "in_2",
      payment_intent_id: null,
      charge_id: null,
      status: "paid",
    });
    expect(["open", "paid", "canceled"].map((status) => rank("invoice_payment", { status }))).toEqual([0, 1, 1]);
    expect(() => row("invoice_payment", { invoice: null })).toThrow("invoice_payment.invoice: the id is missing");
  });

  it("shows how it went", () => {
    const shown = {
      customer_id: "cus_1",
      status: "requires_payment_method",
      currency: "eur",
      amount: 1500,
      amount_received: 100,
      failure_code: "insufficient_funds",
      failure_message: "No money",
      created_at: at(1_700_000_009),
    };
    expect(project("payment_intent")).toMatchObject({ object_id: "pi_1", row: shown, rank: 0, deleted: false });
    expect(row("payment_intent", { last_payment_error: { code: "card_declined" } })).toEqual({
      ...shown,
      failure_code: "card_declined",
      failure_message: null,
    });
    expect(row("payment_intent", { last_payment_error: {} }).failure_code).toBeNull();
    const bare = { customer: null, amount_received: undefined, last_payment_error: null };
    expect(row("payment_intent", bare)).toEqual({
      ...shown,
      customer_id: null,
      amount_received: 0,
      failure_code: null,
      failure_message: null,
    });
    const ends = ["processing", "requires_action", "succeeded", "canceled"].map((status) =>
      rank("payment_intent", { status }),
    );
    expect(ends).toEqual([0, 0, 1, 1]);
  });

  it("shows its charge", () => {
    const shown = {
      customer_id: "cus_1",
      payment_intent_id: "pi_1",
      invoice_id: "in_1",
      status: "succeeded",
      currency: "eur",
      amount: 1500,
      amount_refunded: 200,
      failure_code: "expired_card",
      failure_message: "It has expired",
      receipt_url: "https://receipt.example.com/1",
      created_at: at(1_700_000_010),
    };
    expect(project("charge")).toMatchObject({ object_id: "ch_1", row: shown, rank: 0, deleted: false });
    const bare = without("customer", "payment_intent", "failure_code", "failure_message", "receipt_url");
    const none = { failure_code: null, failure_message: null, receipt_url: null };
    expect(row("charge", { ...bare, invoice: undefined })).toMatchObject({
      customer_id: null,
      payment_intent_id: null,
      invoice_id: null,
      ...none,
    });
  });

  it("shows what was given back, and how far that is", () => {
    const shown = {
      charge_id: "ch_1",
      payment_intent_id: "pi_1",
      status: "pending",
      currency: "eur",
      amount: 200,
      failure_reason: "lost_or_stolen_card",
      created_at: at(1_700_000_011),
    };
    expect(project("refund")).toMatchObject({ object_id: "re_1", row: shown, rank: 0, deleted: false });
    const bare = { charge: null, payment_intent: null, status: null, failure_reason: undefined };
    const none = { charge_id: null, payment_intent_id: null, failure_reason: null };
    expect(project("refund", bare)).toMatchObject({ row: { ...shown, ...none, status: "succeeded" }, rank: 1 });
    const ranks = ["pending", "requires_action", "succeeded", "failed", "canceled"].map((status) =>
      rank("refund", { status }),
    );
    expect(ranks).toEqual([0, 0, 1, 2, 2]);
  });

  it("shows a credit note", () => {
    const shown = {
      customer_id: "cus_1",
      invoice_id: "in_1",
      number: "A-0001-CN-01",
      status: "issued",
      type: "mixed",
      reason: "duplicate",
      currency: "eur",
      amount: 700,
      pre_payment_amount: 300,
      post_payment_amount: 400,
      pdf: "https://invoice.example.com/cn.pdf",
      voided_at: at(1_700_000_050),
      created_at: at(1_700_000_008),
    };
    expect(project("credit_note")).toMatchObject({ object_id: "cn_1", row: shown, rank: 0, deleted: false });
    const absent = { pre_payment_amount: undefined, post_payment_amount: undefined, pdf: undefined };
    expect(row("credit_note", { ...absent, ...without("customer", "reason", "voided_at") })).toEqual({
      ...shown,
      customer_id: null,
      reason: null,
      pre_payment_amount: 0,
      post_payment_amount: 0,
      pdf: null,
      voided_at: null,
    });
    expect(rank("credit_note", { status: "void" })).toBe(1);
    expect(() => row("credit_note", { invoice: null })).toThrow("credit_note.invoice: the id is missing");
  });
});
