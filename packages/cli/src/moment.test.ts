import { expect, it, onTestFinished, vi } from "vitest";
import { formatMoment, parseMoment } from "./moment.ts";

it("a moment without a zone is UTC wherever the operator sits, as what we print is", () => {
  vi.stubEnv("TZ", "America/New_York");
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const text of ["2027-01-31T09:00Z", "2027-01-31T09:00", "2027-01-31 09:00:00", "2027-01-31 09:00:00Z"]) {
    expect(formatMoment(parseMoment(text).toISOString()), text).toBe("2027-01-31 09:00:00");
  }
  expect(parseMoment("2027-01-31T09:00:00.250+02:00").toISOString()).toBe("2027-01-31T07:00:00.250Z");
  expect(parseMoment("2027-01-31").toISOString()).toBe("2027-01-31T00:00:00.000Z");
});

it.each(["yesterday", "2027-13-01", "2027-01-31T09", "2027-01-31 nonsense", "-2h", "2w", ""])(
  "%s is no moment",
  (text) => {
    expect(() => parseMoment(text)).toThrow("Write it like 30m");
  },
);
