import type { World } from "../world.ts";
import { invalid } from "./errors.ts";
import { limitOf } from "./list.ts";
import { integer, schema, text } from "./params.ts";
import { type Route, route } from "./route.ts";
import { type FieldKind, readQuery } from "./search-query.ts";

/** The total is said to be right up to here only. */
const COUNTED = 10_000;

/**
 * A search route, newest first (https://docs.stripe.com/api/pagination/search). `select` gives what the index of the search knows,
 * oldest first.
 */
export function searchRoute<T extends { id: string }>(
  path: string,
  resource: string,
  fields: Record<string, FieldKind>,
  select: (world: World) => readonly T[],
): Route {
  const params = schema({ query: text, limit: integer, page: text }, ["query"]);
  return route("GET", path, params, (world, { query, page, limit: asked }) => {
    const matches = readQuery(query, resource, fields);
    const limit = limitOf(asked);
    const found = select(world).filter(matches).reverse();
    const start = page === undefined ? 0 : found.findIndex(({ id }) => tokenOf(id) === page) + 1;
    if (page !== undefined && start === 0) throw invalid(`Invalid page token: ${page}`, undefined, "page");
    const data = found.slice(start, start + limit);
    const last = data.at(-1);
    const more = found.length > start + limit;
    return {
      object: "search_result",
      data,
      has_more: more,
      next_page: more && last ? tokenOf(last.id) : null,
      total_count: Math.min(found.length, COUNTED),
      url: path,
    };
  });
}

/** A page's name is nothing that a client could read. */
const tokenOf = (last: string) => Buffer.from(last).toString("base64url");
