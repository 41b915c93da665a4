import { expect, test } from "vitest";
import { formatDay } from "./dates.ts";

test("a moment is the day that it is in the reader's time zone", () => {
  const at = "2026-11-30T23:30:00+00:00";
  expect(formatDay(at, { locale: "en-US", timeZone: "UTC" })).toBe("November 30, 2026");
  expect(formatDay(at, { locale: "de-DE", timeZone: "Europe/Berlin" })).toBe("1. Dezember 2026");
});
