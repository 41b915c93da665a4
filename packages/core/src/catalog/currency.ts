import type Stripe from "stripe";
import type { Clients } from "../clients.ts";
import { note } from "../mirror/index.ts";
import { read } from "../stripe/index.ts";
import type { SellablePrice } from "./price.ts";

/** A price as it is sold in one of its currencies; undefined where it has none such. */
export function sellableIn(price: SellablePrice, currency: string): SellablePrice | undefined {
  if (price.currency === currency) return price;
  const amount = price.amounts[currency];
  return amount && { ...price, currency, unitAmount: amount.unit_amount };
}

/**
 * A price as Stripe has it now, in one of its currencies; undefined where it has none such. What it costs in others than its own is shown
 * only when asked for: https://docs.stripe.com/products-prices/manage-prices
 * @throws what Stripe answers
 */
export async function findPriceIn(clients: Clients, id: string, currency: string): Promise<Stripe.Price | undefined> {
  const query = { expand: ["currency_options"] };
  const ask = () => read<Stripe.Price>(clients.stripe, `/v1/prices/${encodeURIComponent(id)}`, query);
  const price = await note(clients, "price", ask);
  if (price.currency === currency) return price;
  const option = price.currency_options?.[currency];
  if (!option) return undefined;
  const { unit_amount, unit_amount_decimal } = option;
  return { ...price, currency, unit_amount, unit_amount_decimal };
}
