import { type List, listOf } from "../state/stored.ts";
import { inOrder, type Stretch, type Table, type TextField } from "../state/table.ts";
import type { World } from "../world.ts";
import { invalid, noSuch } from "./errors.ts";
import { type Fields, integer, type ParamsOf, type Period, range, type Schema, schema, text } from "./params.ts";
import { type Named, type Route, route } from "./route.ts";

const paging = { limit: integer, starting_after: text, ending_before: text };

interface Page {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}

type Listed = { id: string; created?: number };

/** Where rows come from, in the order of their creation. */
interface Source<T> {
  has(id: string): boolean;
  walk(stretch: Stretch): Iterable<T>;
}

/** The rows of a list, and which of them it shows. */
export interface Chosen<T> {
  source: Source<T>;
  shows(row: T): boolean;
}

/**
 * The rows of a table that have these values (undefined: any) and match. Of several values that rows can be found by, such as a
 * customer, the one that leads to the fewest is named first.
 */
export function choose<T extends Listed>(
  table: Table<T>,
  values: { readonly [K in keyof T]?: T[K] | undefined },
  matches: (row: T) => boolean = () => true,
): Chosen<T> {
  const wanted = (Object.entries(values) as [keyof T, unknown][]).filter(([, value]) => value !== undefined);
  const [field, value] = wanted.find(([name]) => LEADING.has(name)) ?? [];
  const source = field === undefined ? table : sourceOf(inOrder(table.where(field as TextField<T>, String(value))));
  return { source, shows: (row) => wanted.every(([name, each]) => row[name] === each) && matches(row) };
}

/** Fields whose values few rows share. */
const LEADING: ReadonlySet<PropertyKey> = new Set([
  "charge",
  "customer",
  "email",
  "invoice",
  "payment_intent",
  "product",
]);

/** Rows that are at hand, oldest first. */
function sourceOf<T extends Listed>(rows: readonly T[]): Source<T> {
  return {
    has: (id) => rows.some((row) => row.id === id),
    walk({ from = -Infinity, to = Infinity, behind, ascending }) {
      const line = ascending ? rows : rows.toReversed();
      const start = behind === undefined ? 0 : line.findIndex(({ id }) => id === behind) + 1;
      return line.slice(start).filter(({ created = 0 }) => created >= from && created <= to);
    },
  };
}

/**
 * A list route with cursor paging, newest first (https://docs.stripe.com/api/pagination), by `created` where Stripe takes it.
 * `select` gives the rows, oldest first.
 */
export function listRoute<const P extends string, F extends Fields, T extends Listed>(
  path: P,
  kind: string,
  filters: F,
  select: (world: World, filters: ParamsOf<Schema<F, never>>, path: Named<P>) => T[] | Chosen<T>,
): Route {
  const params = schema({ ...paging, created: range, ...filters });
  return route("GET", path, params, (world, read, named) => {
    const { created = {}, ...page } = read as Page & { created?: Period };
    const selected = select(world, read as ParamsOf<Schema<F, never>>, named);
    const chosen = Array.isArray(selected) ? { source: sourceOf(selected), shows: () => true } : selected;
    return pageOf(chosen, created, page, { url: urlOf(path, named as Record<string, string>), kind });
  });
}

const urlOf = (path: string, named: Record<string, string>) => path.replace(/:(\w+)/g, (_, name) => named[name] ?? "");

/** How many a page shows: 10 where nothing was said. */
export function limitOf(asked = 10): number {
  if (asked >= 1 && asked <= 100) return asked;
  const bound = asked < 1 ? "greater than or equal to 1" : "less than or equal to 100";
  throw invalid(`This value must be ${bound}.`, undefined, "limit");
}

function pageOf<T extends Listed>(
  { source, shows }: Chosen<T>,
  period: Period,
  page: Page,
  { url, kind }: { url: string; kind: string },
): List<T> {
  const limit = limitOf(page.limit);
  if (page.starting_after !== undefined && page.ending_before !== undefined) {
    throw invalid("You may only specify one of these parameters: starting_after, ending_before.");
  }
  const ascending = page.ending_before !== undefined;
  const behind = page.ending_before ?? page.starting_after;
  if (behind !== undefined && !source.has(behind)) {
    throw noSuch(kind, behind, ascending ? "ending_before" : "starting_after");
  }
  const found: T[] = [];
  for (const row of source.walk({ ...period, behind, ascending })) {
    if (shows(row)) found.push(row);
    if (found.length > limit) break;
  }
  const data = found.slice(0, limit);
  return listOf(url, ascending ? data.reverse() : data, found.length > limit);
}
