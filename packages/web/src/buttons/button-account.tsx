"use client";

import type { ReactNode } from "react";
import type { ApiOptions } from "./post.ts";
import { RedirectButton } from "./redirect-button.tsx";

/** One task of the portal: docs/setup.md#to-one-task. */
export type PortalFlow =
  | { type: "payment_method_update" | "subscription_cancel" | "subscription_update" }
  | { type: "subscription_update_confirm"; priceId: string; quantity?: number | undefined };

export interface ButtonAccountProps extends ApiOptions {
  /** Where Stripe's portal leads back to. Default: this site's account page. */
  returnUrl?: string | undefined;
  /** Whose billing to manage. Default: the user's own. */
  organizationId?: string | undefined;
  /** Which subscription to manage, for whoever has several. Default: one that runs. */
  subscriptionId?: string | undefined;
  /** What to do there, and only that. Default: the portal's front page. */
  flow?: PortalFlow | undefined;
  /** Where whoever is not signed in can do that. Default: this site's sign-in page. */
  signInUrl?: string | undefined;
  children: ReactNode;
  className?: string | undefined;
}

/**
 * Opens Stripe's billing portal, where customers change their plan, card and address, and cancel: asks
 * `POST /api/stripe/create-portal` for it and goes there. For signed-in users who have bought something. Where a flow is refused, the
 * reason is shown with a button to the front page.
 * To use it elsewhere, copy this folder: docs/buttons.md.
 *
 *     <ButtonAccount>Manage billing</ButtonAccount>
 *     <ButtonAccount flow={{ type: "subscription_cancel" }}>Cancel plan</ButtonAccount>
 */
export function ButtonAccount({ children, className, ...wish }: ButtonAccountProps) {
  const { flow, baseUrl, getAccessToken, signInUrl } = wish;
  const instead = flow && (
    <ButtonAccount {...wish} flow={undefined} className="button button-quiet button-small">
      Open the billing portal
    </ButtonAccount>
  );
  return (
    <RedirectButton
      path="/api/stripe/create-portal"
      body={() => portalBody(wish)}
      className={className}
      signInUrl={signInUrl}
      instead={instead}
      baseUrl={baseUrl}
      getAccessToken={getAccessToken}
    >
      {children}
    </RedirectButton>
  );
}

/** What the route is asked for. */
export function portalBody({
  returnUrl,
  organizationId,
  subscriptionId,
  flow,
}: Omit<ButtonAccountProps, "children" | "className">) {
  return {
    returnUrl: returnUrl ?? `${window.location.origin}/account?from=portal`,
    organizationId,
    subscriptionId,
    flow,
  };
}
