import { readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { at, project, rank, row, without } from "./project.ts";
import { samples } from "./samples.ts";

describe("a subscription's row", () => {
  const [first, second] = [
    {
      id: "si_1",
      price_id: "price_1",
      product_id: "prod_1",
      quantity: 2,
      current_period_start: at(1_700_000_010),
      current_period_end: at(1_700_000_011),
    },
    {
      id: "si_2",
      price_id: "price_2",
      product_id: "prod_2",
      quantity: null,
      current_period_start: at(1_700_000_012),
      current_period_end: at(1_700_000_013),
    },
  ];
  const { id: _, ...ofFirst } = first;
  const ROW = {
    customer_id: "cus_1",
    status: "active",
    ...ofFirst,
    items: [first, second],
    currency: "eur",
    trial_start: at(1_700_000_014),
    trial_end: at(1_700_000_015),
    cancel_at_period_end: true,
    cancel_at: at(1_700_000_016),
    canceled_at: at(1_700_000_017),
    ended_at: at(1_700_000_018),
    paused: true,
    pending_update: { expires_at: at(1_700_000_019), items: [{ price_id: "price_3", quantity: 5 }] },
    latest_invoice_id: "in_1",
    metadata: { seat: "4" },
    created_at: at(1_700_000_004),
  };

  it("shows its state, its items and the period of the first", () => {
    expect(project("subscription")).toEqual({
      object: "subscription",
      object_id: "sub_1",
      row: ROW,
      rank: 1,
      deleted: false,
    });
    const bare = without(
      "trial_start",
      "trial_end",
      "cancel_at",
      "canceled_at",
      "ended_at",
      "pause_collection",
      "pending_update",
    );
    const fields = { ...bare, latest_invoice: null, metadata: undefined, cancel_at_period_end: false };
    expect(row("subscription", { ...fields, customer: { id: "cus_2" } })).toEqual({
      ...ROW,
      customer_id: "cus_2",
      trial_start: null,
      trial_end: null,
      cancel_at_period_end: false,
      cancel_at: null,
      canceled_at: null,
      ended_at: null,
      paused: false,
      pending_update: null,
      latest_invoice_id: null,
      metadata: {},
    });
  });

  it("may have no item at all", () => {
    const none = { price_id: null, product_id: null, quantity: null };
    expect(row("subscription", { items: { data: [], has_more: false } })).toMatchObject({
      ...none,
      items: [],
      current_period_start: null,
      current_period_end: null,
    });
  });

  it("shows the period where API versions before 2025-03-31 have it", () => {
    const items = { data: [{ id: "si_1", price: { id: "price_1", product: "prod_1" }, quantity: 1 }] };
    const period = { current_period_start: 1_700_000_060, current_period_end: 1_700_000_061 };
    const shown = { current_period_start: at(1_700_000_060), current_period_end: at(1_700_000_061) };
    expect(row("subscription", { items, ...period })).toMatchObject({ ...shown, items: [shown] });
  });

  it("is the first of its second while it is incomplete, and the last word once it is cancelled", () => {
    expect(rank("subscription", { status: "incomplete" })).toBe(0);
    expect(project("subscription", { status: "canceled" })).toMatchObject({ rank: 1, deleted: true });
  });

  it("needs its customer, and the product of each item", () => {
    expect(() => row("subscription", { customer: null })).toThrow("subscription.customer: the id is missing");
    const items = { data: [{ id: "si", price: { id: "price_1", product: null } }] };
    expect(() => row("subscription", { items })).toThrow("subscription.items.data.0.price.product: the id is missing");
  });

  it("cannot be made of moments that are no numbers", () => {
    for (const created of ["yesterday", undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => row("subscription", { created })).toThrow(
        "subscription.created: a moment is not a number of seconds",
      );
    }
    expect(() => row("subscription", { trial_end: "soon" })).toThrow(
      "subscription.trial_end: a moment is not a number",
    );
  });

  it("whose items are cut short is fetched", () => {
    const cut = { items: { ...(samples.subscription as Stripe.Subscription).items, has_more: true } };
    const shown = readEvent(event("customer.subscription.updated", { ...samples.subscription, ...cut }, 1_790_000_000));
    expect(shown?.partial).toBe(true);
  });
});

describe("a subscription schedule's row", () => {
  const ROW = {
    customer_id: "cus_1",
    subscription_id: "sub_1",
    status: "active",
    end_behavior: "release",
    phases: [
      {
        start_date: at(1_700_000_020),
        end_date: at(1_700_000_021),
        items: [
          { price_id: "price_1", quantity: 2 },
          { price_id: "price_2", quantity: null },
        ],
      },
    ],
    current_phase_start: at(1_700_000_022),
    current_phase_end: at(1_700_000_023),
    canceled_at: at(1_700_000_024),
    completed_at: at(1_700_000_025),
    released_at: at(1_700_000_026),
    metadata: { why: "upgrade" },
    created_at: at(1_700_000_005),
  };

  it("shows what is to come, and of which subscription, also once it is released", () => {
    expect(project("subscription_schedule")).toMatchObject({ object_id: "sub_sched_1", row: ROW, deleted: false });
    const bare = without("customer", "subscription", "current_phase", "canceled_at", "completed_at", "released_at");
    expect(row("subscription_schedule", { ...bare, metadata: undefined })).toEqual({
      ...ROW,
      customer_id: null,
      subscription_id: "sub_released",
      current_phase_start: null,
      current_phase_end: null,
      canceled_at: null,
      completed_at: null,
      released_at: null,
      metadata: {},
    });
  });

  it("goes on from not started to active to one of its ends", () => {
    const ranks = ["not_started", "active", "completed", "canceled", "released"].map((status) =>
      rank("subscription_schedule", { status }),
    );
    expect(ranks).toEqual([0, 1, 2, 2, 2]);
  });
});
