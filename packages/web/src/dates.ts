/**
 * A day as the reader's locale writes it, in the reader's time zone.
 * @param at an ISO 8601 moment, as the database gives it
 * @param options `short`: abbreviates the month
 */
export function formatDay(at: string, options: { short?: boolean; locale?: string; timeZone?: string } = {}): string {
  const { short, locale, timeZone } = options;
  return new Intl.DateTimeFormat(locale, { dateStyle: short ? "medium" : "long", timeZone }).format(new Date(at));
}

/** A moment as the reader's locale writes it, to the second: "27 November 2026, 14:03:12". */
export function formatMoment(at: string, options: { locale?: string; timeZone?: string } = {}): string {
  const { locale, timeZone } = options;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", timeZone }).format(new Date(at));
}
