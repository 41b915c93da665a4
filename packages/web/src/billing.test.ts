import { expect, test } from "vitest";
import { isStanding } from "./billing.ts";
import { aSubscription as subscription } from "./testing/samples.ts";

test("a subscription that waits for its first payment stands in the way of another, one that ended does not", () => {
  expect(isStanding(subscription({ status: "incomplete", is_live: false }))).toBe(true);
  expect(isStanding(subscription({ status: "past_due" }))).toBe(true);
  expect(isStanding(subscription({ status: "canceled", is_live: false }))).toBe(false);
});
