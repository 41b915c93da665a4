import type { List } from "./stored.ts";

/** How many entries a list shows where it stands within an object; its own address has the rest. */
const SHOWN = 10;

const isList = (value: unknown): value is List<unknown> =>
  typeof value === "object" && value !== null && "data" in value && (value as List<unknown>).object === "list";

/**
 * A copy of an object as answers and events show it: each list within it is cut, and `has_more` says so; a subscription of one item
 * says its plan and quantity, too, which the SDK no longer declares.
 */
export function cutLists<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cutLists) as T;
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.entries(value).map(([key, inner]) => [key, cutLists(isList(inner) ? cut(inner) : inner)]);
  return Object.fromEntries([...copy, ...ofOneItem(value)]);
}

function ofOneItem(value: object): [string, unknown][] {
  const { object, items } = value as { object?: string; items?: List<{ plan: unknown; quantity?: number }> };
  if (object !== "subscription" || !isList(items)) return [];
  const [item] = items.data.length === 1 ? items.data : [];
  return [
    ["plan", cutLists(item?.plan ?? null)],
    ["quantity", item?.quantity ?? null],
  ];
}

const cut = (list: List<unknown>): List<unknown> =>
  list.data.length > SHOWN ? { ...list, data: list.data.slice(0, SHOWN), has_more: true } : list;
