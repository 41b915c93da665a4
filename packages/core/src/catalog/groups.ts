import type { Clients } from "../clients.ts";
import { noteAnew } from "../mirror/index.ts";
import { isMissing } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { groupOf } from "./schema.ts";

/** Those of the items that have a product of one of the groups. */
export async function pickOfGroup<Item>(
  clients: Clients,
  wanted: readonly string[],
  items: Item[],
  productsOf: (item: Item) => string[],
): Promise<Item[]> {
  const groups = await findGroups(clients, items.flatMap(productsOf));
  return items.filter((item) => productsOf(item).some((product) => wanted.includes(groups.get(product) ?? "")));
}

/** The groups of products, by the products' ids. Stripe is asked about those that the mirror does not know yet. */
export async function findGroups(clients: Clients, productIds: string[]): Promise<Map<string, string>> {
  const ids = [...new Set(productIds)];
  if (ids.length === 0) return new Map();
  const known = dataOf(await clients.supabase.from("products").select("id, metadata").in("id", ids));
  const groups = new Map(known.map(({ id, metadata }) => [id, groupOf(metadata)]));
  const unknown = ids.filter((id) => !groups.has(id));
  await Promise.all(unknown.map(async (id) => groups.set(id, await askForGroup(clients, id))));
  return groups;
}

/** One that Stripe has forgotten names none. */
async function askForGroup(clients: Clients, id: string): Promise<string> {
  try {
    return groupOf((await noteAnew(clients, "product", id)).metadata);
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
