"use client";

import type { ReactNode } from "react";
import type { ApiOptions } from "./post.ts";
import { RedirectButton } from "./redirect-button.tsx";

export interface ButtonCheckoutProps extends ApiOptions {
  /** Stripe's id of the price: `price_…` */
  priceId: string;
  /** `subscription` for a recurring price, `payment` for a one-time price. */
  mode: "payment" | "subscription";
  /** How many. Default: as many as are sold at least. */
  quantity?: number | undefined;
  /** In which of the price's currencies: `eur`. Default: as the server is set up, else the price's own. */
  currency?: string | undefined;
  /** Where to after paying. Stripe fills in `{CHECKOUT_SESSION_ID}`. Default: this site's success page. */
  successUrl?: string;
  /** Where to after leaving without paying. Default: this site's pricing page. */
  cancelUrl?: string;
  /** Where whoever is not signed in can do that. Default: this site's sign-in page. */
  signInUrl?: string | undefined;
  children: ReactNode;
  className?: string;
}

/**
 * Buys one price: asks `POST /api/stripe/create-checkout` for a checkout page and goes there. Signed-in users buy as
 * themselves; who is not signed in, as a guest. To use it elsewhere, copy this folder: docs/buttons.md.
 *
 *     <ButtonCheckout priceId="price_123" mode="subscription">Subscribe</ButtonCheckout>
 */
export function ButtonCheckout({
  children,
  className,
  baseUrl,
  getAccessToken,
  signInUrl,
  ...wish
}: ButtonCheckoutProps) {
  return (
    <RedirectButton
      path="/api/stripe/create-checkout"
      body={() => checkoutBody(wish)}
      className={className}
      signInUrl={signInUrl}
      baseUrl={baseUrl}
      getAccessToken={getAccessToken}
    >
      {children}
    </RedirectButton>
  );
}

/** What the route is asked for. */
export function checkoutBody({
  priceId,
  mode,
  quantity,
  currency,
  successUrl,
  cancelUrl,
}: Omit<ButtonCheckoutProps, "children">) {
  return {
    page: "hosted" as const, // what is embedded has a page of its own
    priceId,
    mode,
    quantity,
    currency,
    successUrl: successUrl ?? `${window.location.origin}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: cancelUrl ?? `${window.location.origin}/pricing?canceled=true`,
  };
}
