import { expect, test } from "vitest";
import { numberToName } from "./plan-change.ts";
import { itemOf } from "./testing/samples.ts";

const held = (quantity: number | null) => ({ ...itemOf("prod_1"), quantity });

test("a number that nobody changed is not named: more may be in use than are paid for yet", () => {
  expect([numberToName(held(3), 3), numberToName(held(null), 1)]).toEqual([undefined, undefined]);
  expect([numberToName(held(3), 4), numberToName(held(3), 1)]).toEqual([4, 1]);
});
