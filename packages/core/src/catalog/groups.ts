import { dataOf, type Json, type ServiceClient } from "../supabase/index.ts";

/**
 * The group of a recurring product. Nobody may hold two subscriptions of one group: a product of another group can be held beside
 * it. All products that name none in their metadata are of one.
 */
export function groupOf(metadata: Json): string {
  const named = metadata && typeof metadata === "object" && !Array.isArray(metadata) && metadata.subscription_group;
  return typeof named === "string" ? named.trim() : "";
}

/** The groups of products, by the products' ids. One that the mirror does not know yet counts as one that names no group. */
export async function findGroups(supabase: ServiceClient, productIds: string[]): Promise<Map<string, string>> {
  const groups = new Map(productIds.map((id) => [id, ""]));
  if (groups.size === 0) return groups;
  const known = dataOf(
    await supabase
      .from("products")
      .select("id, metadata")
      .in("id", [...groups.keys()]),
  );
  for (const { id, metadata } of known) groups.set(id, groupOf(metadata));
  return groups;
}
