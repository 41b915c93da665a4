import { invalid } from "./errors.ts";

/** What a field of a resource can be asked: numbers are compared, a part of a string is found, a token is only equal. */
export type FieldKind = "numeric" | "string" | "token";

interface Clause {
  negated: boolean;
  field: string;
  /** The key of `metadata["key"]`. */
  key?: string | undefined;
  operator: string;
  /** null: the field is not there. */
  value: string | null;
}

const MOST_CLAUSES = 10;
const LEAST_SUBSTRING = 3;

const QUOTED = `"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'`;
const CLAUSE = new RegExp(`(-)?([\\w.]+)(?:\\[(${QUOTED})\\])?(>=|<=|[:~<>=])(${QUOTED}|[^\\s"']+)`, "y");
const JOINT = /\s+(?:(AND|OR)\s+)?/iy;

const unquoted = (word: string) => (/^["']/.test(word) ? word.slice(1, -1).replace(/\\(.)/g, "$1") : word);

/**
 * Reads a query of Stripe's search language (https://docs.stripe.com/search#search-query-language) for a resource that can be
 * asked for these fields. Throws Stripe's 400 for what it does not understand.
 */
export function readQuery(query: string, resource: string, kinds: Record<string, FieldKind>): (row: object) => boolean {
  const { clauses, joints } = takeApart(query.trim());
  const tests = clauses.map((clause) => testOf(clause, resource, kinds));
  const any = joints.has("OR");
  return (row) => (any ? tests.some((test) => test(row)) : tests.every((test) => test(row)));
}

function takeApart(query: string): { clauses: Clause[]; joints: Set<string> } {
  const clauses: Clause[] = [];
  const joints = new Set<string>();
  let at = 0;
  const next = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(query);
    if (!found) throw unreadable();
    at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    const [, minus, field = "", key, operator = "", value = ""] = next(CLAUSE);
    const isNull = value.toLowerCase() === "null";
    clauses.push({
      negated: minus !== undefined,
      field,
      key: key && unquoted(key),
      operator,
      value: isNull ? null : unquoted(value),
    });
    if (at === query.length) break;
    joints.add(next(JOINT)[1]?.toUpperCase() ?? "AND");
  }
  if (joints.size > 1) throw unreadable(" You can't combine AND and OR in the same query.");
  if (clauses.length > MOST_CLAUSES) throw unreadable(` A query can have up to ${MOST_CLAUSES} clauses.`);
  return { clauses, joints };
}

const HINT =
  ' Try using the format `metadata["key"]:"value"` to query for metadata or key:"value" to query for other fields.';

const unreadable = (why = HINT) => invalid(`We were unable to parse your search query.${why}`, undefined, "query");

function testOf(clause: Clause, resource: string, kinds: Record<string, FieldKind>): (row: object) => boolean {
  const { negated, field, key, operator, value } = clause;
  const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined;
  if (kind === undefined) {
    const page = `http://stripe.com/docs/search#query-fields-for-${resource.replaceAll("_", "-")}`;
    const message = `Field \`${field}\` is an unsupported search field for resource \`${resource}\`. See ${page} for a list of supported fields.`;
    throw invalid(message, undefined, "query");
  }
  if ((key !== undefined) !== (field === "metadata")) throw unreadable();
  const matches = comparison(kind, operator, value);
  const read = (row: object): unknown => {
    const found = field.split(".").reduce<unknown>((inner, name) => Reflect.get(Object(inner), name), row);
    return key === undefined ? found : Reflect.get(Object(found), key);
  };
  return (row) => matches(read(row)) !== negated;
}

const TOKENS: readonly string[] = ["string", "number", "boolean"];

const ORDER: Record<string, (one: number, other: number) => boolean> = {
  ":": (one, other) => one === other,
  "=": (one, other) => one === other,
  "<": (one, other) => one < other,
  "<=": (one, other) => one <= other,
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
};

function comparison(kind: FieldKind, operator: string, value: string | null): (found: unknown) => boolean {
  const refused = () => unreadable(` The operator \`${operator}\` cannot be used there.`);
  if (value === null) {
    if (operator !== ":") throw refused();
    return (found) => found === null || found === undefined;
  }
  if (kind === "numeric") {
    const compare = ORDER[operator];
    if (!compare || !/^-?\d+(\.\d+)?$/.test(value)) throw refused();
    return (found) => typeof found === "number" && compare(found, Number(value));
  }
  const wanted = value.toLowerCase();
  // `active:"true"`, and `payment_method_details.card.exp_year:"2034"`, are tokens too.
  if (operator === ":") return (found) => TOKENS.includes(typeof found) && String(found).toLowerCase() === wanted;
  if (operator !== "~" || kind !== "string") throw refused();
  if (wanted.length < LEAST_SUBSTRING)
    throw unreadable(` A part of a word must have at least ${LEAST_SUBSTRING} characters.`);
  return (found) => typeof found === "string" && found.toLowerCase().includes(wanted);
}
