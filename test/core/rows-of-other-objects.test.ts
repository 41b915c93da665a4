import { readEvent } from "@turnpike/core/mirror";
import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { at, project, rank, row } from "./project.ts";
import { samples } from "./samples.ts";

describe("a dispute's row", () => {
  it("shows what is disputed, and that it is over once it is", () => {
    const shown = {
      charge_id: "ch_1",
      payment_intent_id: "pi_1",
      status: "needs_response",
      reason: "fraudulent",
      currency: "eur",
      amount: 1500,
      created_at: at(1_700_000_012),
    };
    expect(project("dispute")).toMatchObject({ object_id: "du_1", row: shown, rank: 0, deleted: false });
    expect(row("dispute", { charge: { id: "ch_2" }, payment_intent: null })).toMatchObject({
      charge_id: "ch_2",
      payment_intent_id: null,
    });
    const ranks = ["warning_needs_response", "under_review", "won", "lost", "warning_closed"].map((status) =>
      rank("dispute", { status }),
    );
    expect(ranks).toEqual([0, 0, 1, 1, 1]);
    expect(() => row("dispute", { charge: null })).toThrow("dispute.charge: the id is missing");
  });

  it("may have been warned of", () => {
    const shown = {
      charge_id: "ch_1",
      payment_intent_id: "pi_1",
      fraud_type: "made_with_stolen_card",
      actionable: true,
      created_at: at(1_700_000_013),
    };
    expect(project("early_fraud_warning")).toMatchObject({ object_id: "issfr_1", row: shown, rank: 0, deleted: false });
    const bare = { payment_intent: undefined, fraud_type: undefined, actionable: undefined, created: undefined };
    expect(row("early_fraud_warning", bare)).toEqual({
      charge_id: "ch_1",
      payment_intent_id: null,
      fraud_type: null,
      actionable: null,
      created_at: null,
    });
    expect(() => row("early_fraud_warning", { charge: null })).toThrow("the id is missing");
  });
});

describe("the row of what a customer may use", () => {
  it("is a set, under the customer's id", () => {
    expect(project("entitlements")).toMatchObject({
      object: "entitlements",
      object_id: "cus_1",
      row: { customer_id: "cus_1", lookup_keys: ["audit", "exports"] },
      rank: 0,
      deleted: false,
    });
  });

  it("is fetched where the event shows only its first page", () => {
    const cut = { ...samples.entitlements, entitlements: { data: [{ lookup_key: "exports" }], has_more: true } };
    expect(readEvent(event("entitlements.active_entitlement_summary.updated", cut, 1_790_000_000))?.partial).toBe(true);
  });
});

describe("a payment method's row", () => {
  it("shows how it is told from others", () => {
    const shown = {
      customer_id: "cus_1",
      type: "card",
      brand: "visa",
      last4: "4242",
      exp_month: 7,
      exp_year: 2031,
      created_at: at(1_700_000_014),
    };
    expect(project("payment_method")).toMatchObject({ object_id: "pm_1", row: shown, rank: 0, deleted: false });
    const none = { brand: null, exp_month: null, exp_year: null };
    const debit = { type: "sepa_debit", card: undefined, sepa_debit: { last4: "3000" } };
    expect(row("payment_method", debit)).toEqual({ ...shown, ...none, type: "sepa_debit", last4: "3000" });
    for (const details of [undefined, {}, { last4: null }]) {
      expect(row("payment_method", { type: "link", card: undefined, link: details })).toMatchObject({
        ...none,
        last4: null,
      });
    }
    expect(row("payment_method", { card: {} })).toMatchObject({ ...none, last4: null });
  });

  it.each([
    "card",
    "us_bank_account",
    "acss_debit",
    "bacs_debit",
    "au_becs_debit",
    "nz_bank_account",
    "sepa_debit",
    "cashapp_of_a_later_version",
  ])("shows the last four digits of a %s", (type) => {
    const others = { card: { last4: "0000" }, sepa_debit: { last4: "1111" } };
    expect(row("payment_method", { ...others, type, [type]: { last4: "6789" } }).last4).toBe("6789");
  });

  it("that was detached is deleted for good", () => {
    expect(project("payment_method", { customer: null })).toMatchObject({ row: { customer_id: null }, deleted: true });
    const detached = readEvent(event("payment_method.detached", samples.payment_method ?? {}, 1_790_000_000));
    expect(detached?.projection).toMatchObject({
      object_id: "pm_1",
      row: { customer_id: null, last4: "4242" },
      deleted: true,
    });
  });
});
