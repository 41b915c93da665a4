import type { Finding } from "@turnpike/core/doctor";
import { paint, terminalWidth, wrap } from "../output.ts";

const SIGNS = {
  ok: paint("green", "✓"),
  wrong: paint("red", "✗"),
  warning: paint("yellow", "!"),
  unknown: paint("cyan", "?"),
};
const NAME_WIDTH = 20;
const LABEL_WIDTH = 6;
/** Where there is less room for what is said, the check's name stands in a line of its own. */
const LEAST_WIDTH = 50;
const MOST_DETAILS = 12;
/** It is copied in one piece. */
const COMMAND = /^(npx|git|sudo) /;

/** All findings, for people. */
export function doctorLines(findings: Finding[], width = terminalWidth()): string[] {
  return [
    ...findings.filter(({ awaits }) => !awaits).flatMap((finding) => linesOf(finding, width)),
    ...(["Stripe", "Supabase"] as const).flatMap((who) => awaitingLines(who, findings, width)),
    "",
    paint("bold", summaryOf(findings)),
  ];
}

function linesOf({ check, state, says, details, why, mend }: Finding, width: number): string[] {
  const { indent, begin } = roomFor(width);
  const shown = details.slice(0, MOST_DETAILS).map((detail) => `· ${detail}`);
  const more = details.length - shown.length;
  const beside = (label: string, text: string) =>
    text.split("\n").flatMap((line, place) => {
      const [first = "", ...others] = COMMAND.test(line) ? [line] : wrap(line, width - indent - LABEL_WIDTH);
      const before = place === 0 ? label.padEnd(LABEL_WIDTH) : " ".repeat(LABEL_WIDTH);
      return [before + first, ...others.map((other) => " ".repeat(LABEL_WIDTH) + other)];
    });
  const under = [
    ...shown.flatMap((line) => wrap(line, width - indent, 2)),
    ...(more > 0 ? [`… ${more} more: --json has all`] : []),
    ...(why ? beside("why", why) : []),
    ...(mend ? beside("mend", mend) : []),
  ];
  return [...begin(SIGNS[state], check, says), ...under.map((line) => " ".repeat(indent) + line)];
}

/** How far all but the first line is indented, and how a finding begins. */
function roomFor(width: number) {
  const indent = width - NAME_WIDTH - 2 < LEAST_WIDTH ? 2 : NAME_WIDTH + 2;
  return {
    indent,
    begin(sign: string, name: string, says: string): string[] {
      const lines = wrap(says, width - indent);
      if (indent === 2) return [`${sign} ${name}`, ...lines.map((line) => `  ${line}`)];
      const [first, ...others] = lines;
      return [`${sign} ${name.padEnd(NAME_WIDTH)}${first}`, ...others.map((line) => " ".repeat(indent) + line)];
    },
  };
}

/** All that waits for one and the same answer, in one. */
function awaitingLines(who: "Stripe" | "Supabase", findings: Finding[], width: number): string[] {
  const checks = findings.filter(({ awaits }) => awaits === who).map(({ check }) => check);
  if (checks.length === 0) return [];
  const says = `${who} did not answer what these ask: ${checks.join(", ")}`;
  return roomFor(width).begin(SIGNS.unknown, "not looked at", says);
}

function summaryOf(findings: Finding[]): string {
  const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
  return [
    `${count("wrong")} wrong`,
    `${count("warning")} to mind`,
    `${count("unknown")} not looked at`,
    `${count("ok")} well`,
  ].join(", ");
}
