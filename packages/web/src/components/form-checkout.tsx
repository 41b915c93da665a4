import { type ReactNode, useCallback, useState } from "react";
import { useOnRestored } from "../load.ts";
import { PendingButton } from "./pending-button.tsx";

/**
 * Buys one price with a plain form: what counts of it needs no script, so it works in any page or template. The answer
 * is a redirect: to Stripe's checkout, or to a page that says why not. For signed-in users; a second click gets the same
 * checkout session.
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
  const [pending, setPending] = useState(false);
  useOnRestored(useCallback(() => setPending(false), []));
  return (
    <form method="post" action="/api/checkout_sessions" onSubmit={() => setPending(true)}>
      <input type="hidden" name="price_id" value={priceId} />
      <PendingButton type="submit" className={className} pending={pending}>
        {children}
      </PendingButton>
    </form>
  );
}
