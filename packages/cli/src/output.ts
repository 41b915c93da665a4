import { styleText } from "node:util";
import { redact } from "./redact.ts";

type Style = Parameters<typeof styleText>[0];

/** What a command says, without a key in it. Its answer goes to stdout, all that is about the answer to stderr. */
export interface Output {
  /** Whether the answer is for a program. */
  json: boolean;
  /** Gives the answer: `lines` for people, or with `--json` the document. */
  answer(document: unknown, lines: () => string[]): void;
  /** Gives one of many: a line, or with `--json` a line of JSON. */
  item(document: unknown, line: () => string): void;
  /** Says something beside the answer. */
  note(line: string): void;
}

export function createOutput(json: boolean): Output {
  const print = (text: string) => void process.stdout.write(`${redact(text)}\n`);
  return {
    json,
    answer: (document, lines) => print(json ? JSON.stringify(document, null, 2) : lines().join("\n")),
    item: (document, line) => print(json ? JSON.stringify(document) : line()),
    note: (line) => void process.stderr.write(`${redact(line)}\n`),
  };
}

/** Colours a text where stdout is a terminal that shows colours; NO_COLOR is respected. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const NO_TERMINAL_WIDTH = 120;
const GAP = "  ";
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour is made of
const COLOUR = /\u001b\[[\d;]*m/g;

/**
 * Rows under headings, each column as wide as its widest cell, as far as the terminal has room; the widest give way first, and an id
 * never: it is there to be copied. Where there is no room even so, each row stands in lines of its own.
 */
export function table(headings: string[], rows: string[][], width = terminalWidth()): string[] {
  const columns = headings.map((heading, place) => columnOf(heading, rows, place));
  const widths = fit(columns, width);
  if (widthOfAll(widths) > width) return rows.flatMap((row) => stacked(headings, row));
  const toLine = (row: string[]) =>
    row
      .map((cell, place) => {
        const own = cut(cell, widths[place] ?? 0);
        return place === row.length - 1 ? own : own + " ".repeat((widths[place] ?? 0) - widthOf(own));
      })
      .join(GAP)
      .trimEnd();
  return [paint("bold", toLine(headings)), ...rows.map(toLine)];
}

/** Of narrower columns nothing can be read. */
const LEAST_WIDTH = 14;
// cus_…, a user's id, somebody's address
const COPIED = /^(?:[a-z]+_\w{8,}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\S+@\S+)$/i;

interface Column {
  width: number;
  /** As narrow as it may become. */
  least: number;
}

function columnOf(heading: string, rows: string[][], place: number): Column {
  const cells = [heading, ...rows.map((row) => row[place] ?? "")];
  const width = Math.max(...cells.map(widthOf));
  const copied = cells.filter((cell) =>
    cell
      .replace(COLOUR, "")
      .split(" ")
      .some((word) => COPIED.test(word)),
  );
  return { width, least: Math.min(width, Math.max(LEAST_WIDTH, ...copied.map(widthOf))) };
}

function fit(columns: Column[], width: number): number[] {
  const fitted = columns.map((column) => column.width);
  while (widthOfAll(fitted) > width) {
    const yielding = fitted.map((each, place) => (each > (columns[place]?.least ?? 0) ? each : 0));
    const widest = Math.max(...yielding);
    if (widest === 0) break;
    fitted[yielding.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

const widthOfAll = (widths: number[]) => widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length);

/** The first cells in one line, each of the others in its own. */
function stacked(headings: string[], row: string[]): string[] {
  const [first = "", ...others] = row;
  return [
    ...(first ? [first] : []),
    ...others.flatMap((cell, place) => {
      const heading = headings[place + 1];
      return cell ? [`${GAP}${heading ? `${paint("dim", `${heading}:`)} ` : ""}${cell.trim()}`] : [];
    }),
  ];
}

/**
 * A text in lines of a width, cut between words. A word that is longer stays whole: an address is there to be copied.
 * @param indent of all lines but the first
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(" ")) {
    if (line === undefined) line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = " ".repeat(indent) + word;
    }
  }
  return [...lines, line ?? ""];
}

/** How wide a line may be: the terminal's width; a file or a program gets it whole. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || NO_TERMINAL_WIDTH : Number.POSITIVE_INFINITY;
}

function widthOf(cell: string): number {
  return cell.replace(COLOUR, "").length;
}

function cut(cell: string, width: number): string {
  return widthOf(cell) <= width ? cell : `${cell.replace(COLOUR, "").slice(0, Math.max(0, width - 1))}…`;
}
