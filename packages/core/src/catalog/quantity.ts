import { BillingError } from "../errors/index.ts";
import type { Json } from "../supabase/index.ts";
import { MOST_OF_ONE } from "./schema.ts";

/** How many of a price are sold at a time. */
export interface Bounds {
  least: number;
  most: number;
}

/**
 * From `min_quantity` and `max_quantity` in the price's metadata, else in its product's. What is no whole number there, or beyond
 * what Stripe takes, bounds nothing.
 */
export function boundsOf(ofPrice: Json, ofProduct: Json): Bounds {
  const read = (key: string) => wholeOf(ofPrice, key) ?? wholeOf(ofProduct, key);
  return { least: read("min_quantity") ?? 1, most: read("max_quantity") ?? MOST_OF_ONE };
}

function wholeOf(metadata: Json, key: string): number | undefined {
  const text = metadata && typeof metadata === "object" && !Array.isArray(metadata) ? metadata[key] : undefined;
  const number = typeof text === "string" && /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  return number > 0 ? number : undefined;
}

/** @throws BillingError `quantity_not_allowed` */
export function assertWithin({ least, most }: Bounds, quantity: number): void {
  if (quantity >= least && quantity <= most) return;
  throw quantityNotAllowed(
    least === most
      ? `This is sold ${least} at a time. Choose a quantity of ${least}.`
      : `This is sold from ${least} to ${most} at a time. Choose a quantity between them.`,
  );
}

export const quantityNotAllowed = (message: string) => new BillingError("quantity_not_allowed", message);
