import { expect, test } from "vitest";
import { whyFixed } from "./held-plan.ts";
import { aPrice, aSubscription } from "./testing/samples.ts";

test("what is in tiers, paid by use, or paused is said to be fixed; what is archived may be anything", () => {
  const held = [aPrice(), undefined, aPrice({ unit_amount: null }), aPrice({ usage_type: "metered" })];
  expect(held.map((price) => whyFixed(aSubscription(), price))).toEqual([
    undefined,
    undefined,
    "Its price is in tiers.",
    "It is paid by use.",
  ]);
  for (const over of [{ paused: true }, { status: "paused" }])
    expect(whyFixed(aSubscription(over), aPrice())).toBe("Its payments are paused.");
});
