import { findUnstorable } from "../mirror/index.ts";
import { BATCH, type Said, type Source, SourceError } from "./sources.ts";

const COLUMNS = ["customer_id", "user_id", "organization_id"];
/** Of a line with a comma put before it: so the first cell may be empty, too. */
const CELL = /,(?:"((?:[^"]|"")*)"|([^",]*))/gy;

/**
 * What a CSV says: `customer_id,user_id`, `customer_id,organization_id`, or all three, named in its first line. Lines without a
 * customer are of those who never bought, and say nothing.
 * @throws SourceError that names the line which cannot be read
 */
export function inCsv(text: string): Source {
  const [heading = "", ...lines] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const columns = cellsOf(heading, 1);
  const isKnown = columns.every((name, place) => COLUMNS.includes(name) && columns.indexOf(name) === place);
  if (columns[0] !== COLUMNS[0] || columns.length < 2 || !isKnown) {
    throw new SourceError(
      "The first line must name the columns: customer_id first, then user_id, organization_id or both, with commas between, and no other",
    );
  }
  const said = new Map<string, Said>();
  for (const [place, line] of lines.entries()) {
    if (line.trim() === "") continue;
    if (findUnstorable(line) !== undefined)
      throw new SourceError(`Line ${place + 2} of the CSV holds a NUL, which no database takes`);
    const cells = cellsOf(line, place + 2);
    if (cells.length !== columns.length) throw unreadable(place + 2);
    const cellOf = (name: string) => cells[columns.indexOf(name)] ?? "";
    const customer = cellOf("customer_id");
    // An id of Supabase's is the same in capitals.
    const user = cellOf("user_id").toLowerCase();
    if (customer) add(said, { customer, user, organization: cellOf("organization_id") });
  }
  return { ownedBy: "operator", batches: () => inBatches([...said.values()]) };
}

function add(said: Map<string, Said>, named: { customer: string; user: string; organization: string }): void {
  const known = said.get(named.customer) ?? { customer_id: named.customer, users: [], organizations: [] };
  if (named.user && !known.users.includes(named.user)) known.users.push(named.user);
  if (named.organization && !known.organizations.includes(named.organization)) {
    known.organizations.push(named.organization);
  }
  said.set(named.customer, known);
}

function cellsOf(line: string, number: number): string[] {
  const cells = [...`,${line}`.matchAll(CELL)];
  if (cells.reduce((length, [whole]) => length + whole.length, 0) !== line.length + 1) throw unreadable(number);
  return cells.map(([, quoted, plain = ""]) => (quoted?.replaceAll('""', '"') ?? plain).trim());
}

function unreadable(line: number): SourceError {
  return new SourceError(`Line ${line} of the CSV cannot be read, or has not as many columns as the first`);
}

async function* inBatches(said: Said[]): AsyncGenerator<Said[]> {
  for (let place = 0; place < said.length; place += BATCH) yield said.slice(place, place + BATCH);
}
