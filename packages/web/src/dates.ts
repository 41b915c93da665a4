import { locale } from "./locale.ts";

/**
 * A day as it is written in the pages' language, in the reader's time zone.
 * @param at an ISO 8601 moment, as the database gives it
 * @param options `short`: abbreviates the month
 */
export function formatDay(at: string, options: { short?: boolean; locale?: string; timeZone?: string } = {}): string {
  const { short, timeZone } = options;
  return new Intl.DateTimeFormat(options.locale ?? locale, { dateStyle: short ? "medium" : "long", timeZone }).format(
    new Date(at),
  );
}

/** A moment as it is written in the pages' language, to the second: "27 November 2026, 14:03:12". */
export function formatMoment(at: string, options: { locale?: string; timeZone?: string } = {}): string {
  return new Intl.DateTimeFormat(options.locale ?? locale, {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone: options.timeZone,
  }).format(new Date(at));
}
