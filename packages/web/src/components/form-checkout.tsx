import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from "react";
import { PATIENCE_MS } from "../buttons/in-time.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { Refused, UNREACHABLE } from "../buttons/post.ts";
import { Refusal } from "../buttons/refusal.tsx";
import { useOnRestored } from "../buttons/restored.ts";

interface FormCheckoutProps {
  priceId: string;
  /** How many. Default: as many as are sold at least. */
  quantity?: number | undefined;
  /** Of the price. Default: as `billing.config.ts` says, else its own. */
  currency?: string | undefined;
  children: ReactNode;
  className?: string;
}

/**
 * Buys one price with a plain form: what counts of it needs no script, so it works in any page or template. The answer
 * is a redirect: to Stripe's checkout, or to a page that says why not. For signed-in users; a second click gets the same
 * checkout session.
 */
export function FormCheckout({ priceId, quantity, currency, children, className }: FormCheckoutProps) {
  const [state, setState] = useState<"ready" | "pending" | "unanswered">("ready");
  useOnRestored(useCallback(() => setState("ready"), []));
  useEffect(() => {
    if (state !== "pending") return;
    const timer = setTimeout(() => setState("unanswered"), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const send = (event: FormEvent) => {
    // Without a network the browser would put its own error page in the place of this one.
    if (!navigator.onLine) event.preventDefault();
    setState(navigator.onLine ? "pending" : "unanswered");
  };
  return (
    <form method="post" action="/api/checkout_sessions" onSubmit={send}>
      <input type="hidden" name="price_id" value={priceId} />
      {quantity && <input type="hidden" name="quantity" value={quantity} />}
      {currency && <input type="hidden" name="currency" value={currency} />}
      <PendingButton type="submit" className={className} pending={state === "pending"}>
        {children}
      </PendingButton>
      {state === "unanswered" && <Refusal error={new Refused(UNREACHABLE)} />}
    </form>
  );
}
