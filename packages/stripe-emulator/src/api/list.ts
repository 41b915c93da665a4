import { type List, listOf } from "../state/stored.ts";
import type { World } from "../world.ts";
import { invalid, noSuch } from "./errors.ts";
import { type Fields, integer, type ParamsOf, range, type Schema, schema, text } from "./params.ts";
import { type Route, route } from "./route.ts";

const paging = { limit: integer, starting_after: text, ending_before: text };

interface Page {
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}

type Listed = { id: string; created?: number };

/**
 * A list route with cursor paging, newest first (https://docs.stripe.com/api/pagination). Besides the filters given,
 * every list takes `created`.
 */
export function listRoute<F extends Fields, T extends Listed>(
  path: string,
  kind: string,
  filters: F,
  select: (world: World, filters: ParamsOf<Schema<F, never>>, path: Record<string, string>) => T[],
): Route {
  const params = schema({ ...paging, created: range, ...filters });
  return route("GET", path, params, (world, read, named) => {
    const { created, ...page } = read as Page & { created?: (moment: number) => boolean };
    const rows = select(world, read as ParamsOf<Schema<F, never>>, named);
    return paginate(
      rows.filter((row) => !created || created(row.created ?? 0)).reverse(),
      page,
      urlOf(path, named),
      kind,
    );
  });
}

const urlOf = (path: string, named: Record<string, string>) => path.replace(/:(\w+)/g, (_, name) => named[name] ?? "");

/** How many a page shows: 10 where nothing was said. */
export function limitOf(asked = 10): number {
  if (asked >= 1 && asked <= 100) return asked;
  const bound = asked < 1 ? "greater than or equal to 1" : "less than or equal to 100";
  throw invalid(`This value must be ${bound}.`, undefined, "limit");
}

/** `rows` in the order in which the list shows them. */
export function paginate<T extends Listed>(rows: T[], page: Page, url: string, kind: string): List<T> {
  const limit = limitOf(page.limit);
  if (page.starting_after !== undefined && page.ending_before !== undefined) {
    throw invalid("You may only specify one of these parameters: starting_after, ending_before.");
  }
  const indexOf = (id: string, param: string) => {
    const index = rows.findIndex((row) => row.id === id);
    if (index === -1) throw noSuch(kind, id, param);
    return index;
  };
  if (page.ending_before !== undefined) {
    const end = indexOf(page.ending_before, "ending_before");
    return listOf(url, rows.slice(Math.max(0, end - limit), end), end > limit);
  }
  const start = page.starting_after === undefined ? 0 : indexOf(page.starting_after, "starting_after") + 1;
  return listOf(url, rows.slice(start, start + limit), rows.length > start + limit);
}
