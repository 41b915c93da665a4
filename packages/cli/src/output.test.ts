import { expect, it } from "vitest";
import { table } from "./output.ts";

const ID = "sub_akV0hGyRz1hm9zM5r2noD5Xb";
const USER = "01a21b1a-1237-72bf-aa06-43d406556f9d";
const HEADINGS = ["object", "id", "Stripe says", "the mirror"];
const ROWS = [
  ["subscription", ID, "active, until the end of the month", "the same, as of 2026-11-27 03:43:50"],
  ["", `of ${USER}`, "is there", "lacks it"],
];

it.each([40, 60, 80, 100, 120])("an id can be copied whole at a width of %i", (width) => {
  const text = table(HEADINGS, ROWS, width).join("\n");
  expect(text).toContain(ID);
  expect(text).toContain(USER);
});

it("what is no id gives way first; where that is not enough, each row stands in lines of its own", () => {
  const wide = table(HEADINGS, ROWS, 120);
  expect(wide).toHaveLength(3);
  for (const line of wide) expect(line.length).toBeLessThanOrEqual(120);
  expect(table(HEADINGS, ROWS.slice(0, 1), 60)).toEqual([
    "subscription",
    `  id: ${ID}`,
    "  Stripe says: active, until the end of the month",
    "  the mirror: the same, as of 2026-11-27 03:43:50",
  ]);
});

it("a file gets every cell whole", () => {
  expect(table(HEADINGS, ROWS, Number.POSITIVE_INFINITY)[1]).toContain("the same, as of 2026-11-27 03:43:50");
});
