import type { List } from "./stored.ts";

/** How many entries a list shows where it stands within an object; its own address has the rest. */
const SHOWN = 10;

const isList = (value: unknown): value is List<unknown> =>
  typeof value === "object" && value !== null && "data" in value && (value as List<unknown>).object === "list";

/**
 * An object as answers and events show it: each list within it is cut, and `has_more` says so; a subscription of one item
 * says its plan and quantity, too, which the SDK no longer declares. What is shown as it is kept is not copied.
 */
export function cutLists<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const shown = cutLists(isList(inner) ? cut(inner) : inner);
    if (shown === inner) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  const more = ofOneItem(value);
  return (more ? { ...(copy ?? value), ...more } : (copy ?? value)) as T;
}

function ofOneItem(value: object): Record<string, unknown> | undefined {
  const { object, items } = value as { object?: string; items?: List<{ plan: unknown; quantity?: number }> };
  if (object !== "subscription" || !isList(items)) return undefined;
  const [item] = items.data.length === 1 ? items.data : [];
  return { plan: item?.plan ?? null, quantity: item?.quantity ?? null };
}

const cut = (list: List<unknown>): List<unknown> =>
  list.data.length > SHOWN ? { ...list, data: list.data.slice(0, SHOWN), has_more: true } : list;
