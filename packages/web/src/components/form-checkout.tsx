import type { ReactNode } from "react";

/**
 * Buys one price with a plain form: it needs no script, so it works in any page or template. The answer
 * is a redirect to Stripe's checkout. For signed-in users; a second click gets the same checkout session.
 */
export function FormCheckout({
  priceId,
  children,
  className,
}: {
  priceId: string;
  children: ReactNode;
  className?: string;
}) {
  return (
    <form method="post" action="/api/checkout_sessions">
      <input type="hidden" name="price_id" value={priceId} />
      <button type="submit" className={className ?? "button"}>
        {children}
      </button>
    </form>
  );
}
