import { expect, test } from "vitest";
import { describePayment, describeSubscription, type Subscription } from "./billing.ts";

const subscription = (over: Partial<Subscription> = {}): Subscription => ({
  id: "sub_1",
  status: "active",
  is_live: true,
  price_id: "price_1",
  product_id: "prod_1",
  quantity: 1,
  current_period_end: "2026-12-01T00:00:00+00:00",
  trial_end: null,
  ends_at: null,
  ended_at: null,
  paused: false,
  created_at: "2026-11-01T00:00:00+00:00",
  ...over,
});

const end = "2026-12-01T00:00:00+00:00";

test("a subscription that runs says when it renews", () => {
  expect(describeSubscription(subscription())).toMatchObject({ label: "Active", day: { text: "Renews on", at: end } });
});

test("one that will end never says that it renews", () => {
  for (const status of ["active", "trialing", "past_due", "unpaid", "paused"]) {
    expect(describeSubscription(subscription({ status, ends_at: end })).day).toEqual({ text: "Ends on", at: end });
  }
});

test("a trial says when it ends", () => {
  const trial = subscription({ status: "trialing", trial_end: end });
  expect(describeSubscription(trial)).toMatchObject({ label: "Trial", day: { text: "Trial ends on", at: end } });
});

test("a failed payment says what to do", () => {
  expect(describeSubscription(subscription({ status: "past_due" })).advice).toMatch(/update your card/);
});

test("a payment that needs the customer, or is in trouble, is not shown as quiet", () => {
  for (const status of ["action_required", "failed", "overdue", "disputed", "uncollectible"]) {
    expect(describePayment(status).tone).toBe("bad");
  }
});

test("a payment on its way is neither paid nor failed", () => {
  for (const status of ["open", "partially_paid", "processing", "held"]) {
    expect(describePayment(status).tone).toBe("busy");
  }
});

test("only what is paid is shown as paid; a status that is not known, as it is", () => {
  expect(describePayment("paid")).toEqual({ label: "Paid", tone: "good" });
  expect(describePayment("sent_to_mars")).toEqual({ label: "sent to mars", tone: "quiet" });
});
