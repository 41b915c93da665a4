import { expect, it } from "vitest";
import { parseRate } from "./schedule.ts";

it.each([
  ["rate(1 minute)", 60_000],
  ["rate(15 minutes)", 900_000],
  ["rate(1 hour)", 3_600_000],
  ["rate(2 days)", 172_800_000],
  ["rate(0 minutes)", undefined],
  ["cron(0 12 * * ? *)", undefined],
])("%s runs every %s ms", (expression, milliseconds) => expect(parseRate(expression)).toBe(milliseconds));
