import { expect, test } from "vitest";
import { describePayment, describeSubscription, isStanding, paymentDueOf, stillCharged } from "./billing.ts";
import { aPayment, itemOf, aSubscription as subscription } from "./testing/samples.ts";

const end = "2026-12-01T00:00:00+00:00";

test("a subscription that runs says when it renews", () => {
  expect(describeSubscription(subscription())).toMatchObject({ label: "Active", day: { text: "Renews on", at: end } });
});

test("one that will end never says that it renews", () => {
  for (const status of ["active", "trialing", "past_due", "unpaid", "paused"]) {
    expect(describeSubscription(subscription({ status, ends_at: end })).day).toEqual({ text: "Ends on", at: end });
  }
});

test("one that ends says what is charged all the same: what is overdue, and what is used until then", () => {
  const items = (quantity: number | null) => [{ ...itemOf("prod_1"), quantity }];
  const charged = (status: string, quantity: number | null) =>
    stillCharged(subscription({ status, items: items(quantity) }));
  expect(charged("active", 1)).toBeUndefined();
  expect(charged("active", null)).toBe("what you use until then");
  expect(charged("past_due", 1)).toBe("what is overdue");
  expect(charged("past_due", null)).toBe("what is overdue and what you use until then");
});

test("a trial says when it ends", () => {
  const trial = subscription({ status: "trialing", trial_end: end });
  expect(describeSubscription(trial)).toMatchObject({ label: "Trial", day: { text: "Trial ends on", at: end } });
  expect(describeSubscription({ ...trial, ends_at: end })).toMatchObject({ label: "Canceled", tone: "busy" });
});

test("a failed payment says what to do, and so does one that was never confirmed", () => {
  expect(describeSubscription(subscription({ status: "past_due" })).advice).toMatch(/Update your card/);
  const sent = aPayment({ status: "overdue", due_date: end });
  expect(describeSubscription(subscription({ status: "past_due" }), sent).advice).toMatch(
    /^Its last invoice is not paid/,
  );
  expect(describeSubscription(subscription({ status: "incomplete" })).advice).toMatch(/when you have confirmed it/);
});

test("a subscription that waits for its first payment stands in the way of another, one that ended does not", () => {
  expect(isStanding(subscription({ status: "incomplete", is_live: false }))).toBe(true);
  expect(isStanding(subscription({ status: "past_due" }))).toBe(true);
  expect(isStanding(subscription({ status: "canceled", is_live: false }))).toBe(false);
});

test("the payment that is due is the newest of this subscription that can be paid", () => {
  const due = aPayment({ id: "in_2", subscription_id: "sub_1", status: "failed", hosted_invoice_url: "https://pay" });
  const others = [
    aPayment({ ...due, id: "in_9", subscription_id: "sub_2" }),
    aPayment({ ...due, id: "in_4", status: "paid" }),
    aPayment({ ...due, id: "in_3", hosted_invoice_url: null }),
  ];
  expect(paymentDueOf(subscription(), [...others, due, { ...due, id: "in_1" }])).toBe(due);
  expect(paymentDueOf(subscription(), others)).toBeUndefined();
  for (const status of ["open", "overdue", "partially_paid", "action_required"]) {
    expect(paymentDueOf(subscription(), [{ ...due, status }])).toMatchObject({ status });
  }
});

test("a payment that needs the customer, or is in trouble, is not shown as quiet", () => {
  for (const status of ["action_required", "failed", "overdue", "disputed", "uncollectible"]) {
    expect(describePayment({ status, amount: 2900 }).tone).toBe("bad");
  }
});

test("a payment on its way is neither paid nor failed", () => {
  for (const status of ["open", "partially_paid", "processing", "held"]) {
    expect(describePayment({ status, amount: 2900 }).tone).toBe("busy");
  }
});

test("only what is paid is shown as paid; a status that is not known, as it is", () => {
  expect(describePayment({ status: "paid", amount: 2900 })).toEqual({ label: "Paid", tone: "good" });
  expect(describePayment({ status: "sent_to_mars", amount: 2900 })).toEqual({ label: "sent to mars", tone: "quiet" });
});

test("an invoice over nothing, which a trial begins with, is not shown as paid", () => {
  expect(describePayment({ status: "paid", amount: 0 })).toEqual({ label: "Nothing due", tone: "quiet" });
});
