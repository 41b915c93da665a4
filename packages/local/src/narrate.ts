import { styleText } from "node:util";

/** What a line is about, for its colour. */
type Tone = "plain" | "good" | "warn" | "bad";

interface Said {
  text: string;
  tone: Tone;
}

/** The fields of a function's log line. */
interface Entry {
  level: string;
  message: string;
  [field: string]: unknown;
}

const WIDTH = 24;
/** How a line of metrics begins: it is for CloudWatch, and the line beside it says the same to people. */
const METRICS = '{"_aws":';
/** What says nothing to people: who asked is known, and what it is called stands before the line. */
const LEFT_OUT = ["level", "message", "stack", "eventId", "ms", "route", "status", "lagSeconds"];

/**
 * What `npm start` says of what its parts report: one line for each thing that has happened, and all that went wrong. An event of
 * Stripe's is told when the mirror has it, not each time that it passes from one part to the next.
 * @param json everything, as the parts report it: what CloudWatch would have
 * @returns nothing for a line that is not told
 */
export function narrate(
  source: string,
  line: string,
  now: Date,
  { json = false, color = false } = {},
): string | undefined {
  if (line.startsWith(METRICS)) return undefined;
  const said = json ? { text: line, tone: "plain" as const } : tell(source, line);
  if (!said) return undefined;
  const [first = "", ...rest] = said.text.split("\n");
  const dim = (text: string) => (color ? styleText("dim", text, { validateStream: false }) : text);
  const time = dim(now.toISOString().slice(11, 19));
  const text = color ? painted(first, said.tone) : first;
  return [`${time} ${dim(source.padEnd(WIDTH))} ${text}`, ...rest.map((each) => `    ${each}`)].join("\n");
}

function painted(text: string, tone: Tone): string {
  const colors = { good: "green", warn: "yellow", bad: "red" } as const;
  return tone === "plain" ? text : styleText(colors[tone], text, { validateStream: false });
}

function tell(source: string, line: string): Said | undefined {
  const entry = entryOf(line);
  if (entry) return tellEntry(entry);
  const status = Number(/(?:→ (?:\w+: )?|^(?:GET|POST|DELETE|PUT) \S+ )(\d{3})\b/.exec(line)?.[1]);
  switch (source) {
    case "api":
      return isEvent(line) && status === 200 ? undefined : { text: line, tone: toneOf(status) };
    case "stripe":
      return status < 400 ? undefined : { text: line, tone: "bad" };
    case "queue":
      return /, 0 failed,/.test(line) ? undefined : { text: line, tone: "bad" };
    case "schedule":
      return /: done in/.test(line) ? undefined : { text: line, tone: "bad" };
    default:
      return { text: line, tone: "plain" };
  }
}

const isEvent = (line: string) => line.startsWith("POST /api/webhooks/stripe ");

function toneOf(status: number): Tone {
  if (status >= 500) return "bad";
  return status >= 400 ? "warn" : "plain";
}

function entryOf(line: string): Entry | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line) as Partial<Entry>;
    return typeof entry.level === "string" && typeof entry.message === "string" ? (entry as Entry) : undefined;
  } catch {
    return undefined; // a part's own words that begin so
  }
}

function tellEntry(entry: Entry): Said | undefined {
  const { level, message, type, outcome, status } = entry;
  const isWell = level === "info" && !(typeof status === "number" && status >= 400);
  const why = Object.entries(entry).filter(
    ([name, value]) => !LEFT_OUT.includes(name) && value !== null && !(isWell && name === "requestId"),
  );
  if (message === "event") {
    const details = why.filter(([name]) => name !== "type" && name !== "outcome");
    const isDone = outcome === "applied" || outcome === "stale" || outcome === "duplicate";
    return { text: [type, outcome, ...details.map(pair)].join("  "), tone: isDone ? "good" : "bad" };
  }
  // The gateway has told it, but for the reason.
  if (message === "request" && (typeof status !== "number" || status < 400)) return undefined;
  if (message === "reconciled" && !entry.queued && !entry.missed && !entry.refused) return undefined;
  const tone = level === "error" ? "bad" : level === "warn" ? "warn" : "plain";
  const { refused, ...rest } = Object.fromEntries(why);
  const became = refused === undefined ? "failed" : `refused: ${refused}`;
  const [first, fields] = message === "request" ? [became, Object.entries(rest)] : [message, why];
  const where = typeof entry.stack === "string" ? `\n${entry.stack}` : "";
  return { text: [first, ...fields.map(pair)].join("  ") + where, tone };
}

const pair = ([name, value]: [string, unknown]) =>
  `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
