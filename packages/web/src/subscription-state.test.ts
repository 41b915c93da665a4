import { expect, test } from "vitest";
import { type Customer, endsLater } from "./billing.ts";
import { obstacleOf } from "./components/change-obstacle.tsx";
import { describeSubscription, stillCharged } from "./subscription-state.ts";
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

test("one that ends on a later day, which was agreed, is not canceled: it is charged until then", () => {
  const later = "2027-12-01T00:00:00+00:00";
  const ends = (ends_at: string) => subscription({ ends_at, current_period_end: end });
  expect(describeSubscription(ends(later))).toEqual({
    label: "Active",
    tone: "good",
    day: { text: "Ends on", at: later },
  });
  expect([later, end].map((day) => endsLater(ends(day)))).toEqual([true, false]);
  expect(obstacleOf(ends(later), {} as Customer, undefined)).toMatchObject({
    way: "none",
    says: expect.stringMatching(/as agreed/),
  });
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
