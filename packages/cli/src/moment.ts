import { InvalidArgumentError } from "commander";

const MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A day, and a time with a zone or without one: as we print it, `2027-01-31 09:00:00`. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?)?$/;

/** `30s`, `10m`, `2h`, `7d` ago, or a moment such as `2027-01-31` or `2027-01-31T09:00Z`; without a zone it is UTC, as all that we print. */
export function parseMoment(text: string): Date {
  const [, number = "", unit = ""] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (unit) return new Date(Date.now() - Number(number) * (MS[unit] ?? 0));
  const [, day, time = "00:00", zone = "Z"] = MOMENT.exec(text) ?? [];
  const moment = new Date(`${day}T${time}${zone}`);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new InvalidArgumentError('Write it like 30m, 2h or 7d, or as a moment: "2027-01-31T09:00Z".');
}

/** How many seconds. */
export function parseSeconds(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a number of seconds.");
}

/** `42 s`, `12 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** A moment as the operator's clock shows UTC: `2026-11-27 02:18:36`. */
export function formatMoment(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace("T", " ");
}
