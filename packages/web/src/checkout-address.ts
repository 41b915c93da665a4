/** Whether a page of this site shows Checkout, as `billing.config.ts` says; else Stripe's own page does. */
export const EMBEDS_CHECKOUT = Boolean(import.meta.env.VITE_STRIPE_JS);

/** What is bought on the page that shows Checkout. */
export interface Wish {
  priceId: string;
  mode: "payment" | "subscription";
  quantity: number | undefined;
  currency: string | undefined;
}

/** The address of that page. */
export function checkoutAddress({ priceId, mode, quantity, currency }: Wish): string {
  const wish = new URLSearchParams({
    price: priceId,
    mode,
    ...(quantity && { quantity: `${quantity}` }),
    ...(currency && { currency }),
  });
  return `/checkout?${wish}`;
}
