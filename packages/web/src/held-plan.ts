import { type Bounds, boundsOf } from "@turnpike/core/catalog/schema";
import type { Subscription } from "./billing.ts";
import type { Price, Product } from "./catalogue.ts";

/** The page that shows what a change costs, and makes it; without a price, with the choice of one. */
export function changeAddress(subscriptionId: string, wish: { priceId?: string; quantity?: number } = {}): string {
  const { priceId, quantity } = wish;
  const search = new URLSearchParams({
    subscription: subscriptionId,
    ...(priceId && { price: priceId }),
    ...(quantity && { quantity: `${quantity}` }),
  });
  return `/change?${search}`;
}

/** Why a change may not lead to a price, as far as it shows: the server knows all reasons. */
export function whyNotTo({ currency }: Subscription, price: Price): string | undefined {
  if (price.currency !== currency) return "This one is in another currency.";
  if (price.usage_type === "metered") return "This one is paid by use.";
  return price.unit_amount === null ? "The price of this one is in tiers." : undefined;
}

/** Why a subscription cannot be changed to anything, as far as it shows, by what is held of its group. */
export function whyFixed({ paused, status }: Subscription, held: Price | undefined): string | undefined {
  if (paused || status === "paused") return "Its payments are paused.";
  if (held?.usage_type === "metered") return "It is paid by use.";
  return held?.unit_amount === null ? "Its price is in tiers." : undefined;
}

/** How many there would be of a price in the place of what is held, unless another number is chosen. */
export const numberOf = ({ quantity }: Subscription["items"][number], price: Price, { metadata }: Product) =>
  price.usage_type === "metered" ? 1 : within(boundsOf(price.metadata, metadata), quantity ?? 1);

export const within = ({ least, most }: Bounds, quantity: number) => Math.min(Math.max(quantity, least), most);

export const isOf = ({ items }: Subscription, price: Price) => items.some(({ price_id: id }) => id === price.id);
