import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { requiredIdOf } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Bounds, boundsOf } from "./schema.ts";

/** How many of a price are sold at a time, also of one that is archived. */
export async function findBounds({ supabase }: Clients, { metadata, product }: Stripe.Price): Promise<Bounds> {
  const products = supabase.from("products").select("metadata").eq("id", requiredIdOf(product));
  const known = dataOf(await products.maybeSingle());
  return boundsOf(metadata, known?.metadata ?? null);
}
