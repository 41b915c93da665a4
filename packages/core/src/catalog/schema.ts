import type { Json } from "../supabase/index.ts";

/**
 * The group of a recurring product. Nobody may hold two subscriptions of one group: a product of another group can be held beside
 * it. All products that name none in their metadata are of one.
 */
export function groupOf(metadata: Json): string {
  const named = metadata && typeof metadata === "object" && !Array.isArray(metadata) && metadata.subscription_group;
  return typeof named === "string" ? named.trim() : "";
}
