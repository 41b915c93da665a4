import type { CreatePortal, PortalFlow } from "@turnpike/core/portal/schema";
import type { ReactNode } from "react";
import { RedirectButton } from "./redirect-button.tsx";

interface ButtonAccountProps {
  /** Where Stripe's portal leads back to. Default: this site's account page. */
  returnUrl?: string | undefined;
  /** Whose billing to manage. Default: the user's own. */
  organizationId?: string | undefined;
  /** Which subscription to manage, for whoever has several. Default: one that runs. */
  subscriptionId?: string | undefined;
  /** What to do there, and only that. Default: the portal's front page. */
  flow?: PortalFlow | undefined;
  children: ReactNode;
  className?: string | undefined;
}

/**
 * Opens Stripe's billing portal, where customers change their plan, card and address, and cancel: asks
 * `POST /api/stripe/create-portal` for it and goes there. For signed-in users who have bought something. Where a flow is refused, the
 * reason is shown with a button to the front page.
 * To use it elsewhere, copy this file, `redirect-button.tsx`, `pending-button.tsx`, `action.ts`, `load.ts` and `post.ts`.
 *
 *     <ButtonAccount>Manage billing</ButtonAccount>
 *     <ButtonAccount flow={{ type: "subscription_cancel" }}>Cancel plan</ButtonAccount>
 */
export function ButtonAccount({ children, className, ...wish }: ButtonAccountProps) {
  const { returnUrl, organizationId, subscriptionId, flow } = wish;
  const body = () =>
    ({
      returnUrl: returnUrl ?? `${window.location.origin}/account?from=portal`,
      organizationId,
      subscriptionId,
      flow,
    }) satisfies CreatePortal;
  const instead = flow && (
    <ButtonAccount {...wish} flow={undefined} className="button button-quiet button-small">
      Open the billing portal
    </ButtonAccount>
  );
  return (
    <RedirectButton path="/api/stripe/create-portal" body={body} className={className} instead={instead}>
      {children}
    </RedirectButton>
  );
}
