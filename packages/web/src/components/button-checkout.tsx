import type { CreateCheckout } from "@turnpike/core/checkout/schema";
import type { ReactNode } from "react";
import { RedirectButton } from "./redirect-button.tsx";

interface ButtonCheckoutProps {
  /** Stripe's id of the price: `price_…` */
  priceId: string;
  /** `subscription` for a recurring price, `payment` for a one-time price. */
  mode: CreateCheckout["mode"];
  /** How many. Default: as many as are sold at least. */
  quantity?: number | undefined;
  /** Where to after paying. Stripe fills in `{CHECKOUT_SESSION_ID}`. Default: this site's success page. */
  successUrl?: string;
  /** Where to after leaving without paying. Default: this site's pricing page. */
  cancelUrl?: string;
  children: ReactNode;
  className?: string;
}

/**
 * Buys one price: asks `POST /api/stripe/create-checkout` for a checkout page and goes there. Signed-in users buy as
 * themselves; guests may buy one-time products. To use it elsewhere, copy this file, `redirect-button.tsx`, `pending-button.tsx`, `action.ts`, `load.ts` and `post.ts`.
 *
 *     <ButtonCheckout priceId="price_123" mode="subscription">Subscribe</ButtonCheckout>
 */
export function ButtonCheckout({ children, className, ...wish }: ButtonCheckoutProps) {
  const { priceId, mode, quantity, successUrl, cancelUrl } = wish;
  const body = () =>
    ({
      page: "hosted", // pages/checkout.tsx shows the other kind
      priceId,
      mode,
      quantity,
      successUrl: successUrl ?? `${window.location.origin}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancelUrl: cancelUrl ?? `${window.location.origin}/pricing?canceled=true`,
    }) satisfies CreateCheckout;
  return (
    <RedirectButton path="/api/stripe/create-checkout" body={body} className={className}>
      {children}
    </RedirectButton>
  );
}
