import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** What a command says. Its answer goes to stdout, all that is about the answer to stderr. */
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
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  return {
    json,
    answer: (document, lines) => print(json ? JSON.stringify(document, null, 2) : lines().join("\n")),
    item: (document, line) => print(json ? JSON.stringify(document) : line()),
    note: (line) => void process.stderr.write(`${line}\n`),
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

/** Rows under headings, each column as wide as its widest cell, as far as the terminal has room; the widest give way first. */
export function table(headings: string[], rows: string[][], width = terminalWidth()): string[] {
  const widths = fit(
    headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => widthOf(row[column] ?? "")))),
    width,
  );
  const toLine = (row: string[]) =>
    row
      .map((cell, column) => {
        const before = widths.slice(0, column).reduce((sum, each) => sum + each + GAP.length, 0);
        if (column === row.length - 1) return cut(cell, width - before);
        const own = cutMiddle(cell, widths[column] ?? 0);
        return own + " ".repeat((widths[column] ?? 0) - widthOf(own));
      })
      .join(GAP)
      .trimEnd();
  return [paint("bold", toLine(headings)), ...rows.map(toLine)];
}

const LEAST_WIDTH = 14;

function fit(widths: number[], width: number): number[] {
  const fitted = [...widths];
  const over = () => fitted.reduce((sum, each) => sum + each + GAP.length, -GAP.length) - width;
  for (let left = over(); left > 0; left = over()) {
    const widest = Math.max(...fitted);
    if (widest <= LEAST_WIDTH) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

/** How wide a line may be: the terminal's width; a file or a program gets it whole. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns || NO_TERMINAL_WIDTH : Number.POSITIVE_INFINITY;
}

function widthOf(cell: string): number {
  return cell.replace(COLOUR, "").length;
}

/** Of an id the beginning says of what it is, and the end which one. */
function cutMiddle(cell: string, width: number): string {
  if (widthOf(cell) <= width) return cell;
  const plain = cell.replace(COLOUR, "");
  const end = Math.floor((width - 1) / 2);
  return `${plain.slice(0, width - 1 - end)}…${plain.slice(plain.length - end)}`;
}

function cut(cell: string, width: number): string {
  return widthOf(cell) <= width ? cell : `${cell.replace(COLOUR, "").slice(0, Math.max(0, width - 1))}…`;
}
