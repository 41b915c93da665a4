import type Stripe from "stripe";
import { priceIn } from "../billing/currencies.ts";
import { formatDecimal } from "../billing/money.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { formatInterval } from "./money.ts";

/** What a price costs, in a currency of it: in tiers, what it begins at; in packages, each; by use, a unit of it. */
export function priceText(world: World, sold: Stored<Stripe.Price>, currency: string): string {
  const { recurring, transform_quantity: packages, unit_amount_decimal: unit } = priceIn(world, sold, currency);
  const [first] = world.store.priceTiers.find(sold.id)?.tiers ?? [];
  const amount = formatDecimal(first?.unit_amount_decimal ?? first?.flat_amount_decimal ?? unit ?? "0", currency);
  const each = packages ? ` per ${packages.divide_by}` : recurring?.usage_type === "metered" ? " per unit" : "";
  return `${first ? "From " : ""}${amount}${each}${recurring ? ` ${formatInterval(recurring)}` : ""}`;
}
