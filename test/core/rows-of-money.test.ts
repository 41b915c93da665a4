import { describe, expect, it } from "vitest";
import { at, project, rank, row, without } from "./project.ts";

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
      amount_captured: 1400,
      amount_refunded: 200,
      failure_code: "expired_card",
      failure_message: "It has expired",
      receipt_url: "https://receipt.example.com/1",
      created_at: at(1_700_000_010),
    };
    expect(project("charge")).toMatchObject({ object_id: "ch_1", row: shown, rank: 0, deleted: false });
    const bare = without("customer", "payment_intent", "failure_code", "failure_message", "receipt_url");
    expect(row("charge", { amount_captured: undefined }).amount_captured).toBe(1500);
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
