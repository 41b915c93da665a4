import { expect, it } from "vitest";
import { timestamp } from "./projection.ts";

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 27, 16, 31, 7) / 1000;

it("a moment is written as its date and time, to whatever second of whatever day it belongs", () => {
  const days = [
    0,
    -1,
    1,
    59,
    365,
    4096,
    -4096,
    8192,
    Date.UTC(2024, 1, 29) / 1000 / DAY,
    Date.UTC(12_345, 6) / 1000 / DAY,
  ];
  const seconds = [0, 1, 59, 60, 3599, 3600, 43_200, DAY - 1, NOW % DAY];
  const moments = days.flatMap((day) => seconds.map((second) => day * DAY + second));
  // Twice: a day that was asked for before is remembered.
  for (const moment of [...moments, ...moments, NOW, NOW + 0.25]) {
    expect(timestamp(moment)).toBe(new Date(moment * 1000).toISOString());
  }
});

it("what is no moment that can be written is refused", () => {
  for (const moment of [Number.NaN, Number.POSITIVE_INFINITY, 8.64e12 + DAY, "1" as never]) {
    expect(() => timestamp(moment)).toThrow();
  }
});
