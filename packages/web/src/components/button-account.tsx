import type { CreatePortal } from "@turnpike/core/portal/schema";
import type { ReactNode } from "react";
import { RedirectButton } from "./redirect-button.tsx";

interface ButtonAccountProps {
  /** Where Stripe's portal leads back to. Default: this site's account page. */
  returnUrl?: string;
  /** Whose billing to manage. Default: the user's own. */
  organizationId?: string;
  children: ReactNode;
  className?: string;
}

/**
 * Opens Stripe's billing portal, where customers change their plan, card and address, and cancel: asks
 * `POST /api/stripe/create-portal` for it and goes there. For signed-in users who have bought something.
 * To use it elsewhere, copy this file, `redirect-button.tsx`, `pending-button.tsx` and `load.ts`.
 *
 *     <ButtonAccount>Manage billing</ButtonAccount>
 */
export function ButtonAccount({ returnUrl, organizationId, children, className }: ButtonAccountProps) {
  const body = () =>
    ({
      returnUrl: returnUrl ?? `${window.location.origin}/account?from=portal`,
      organizationId,
    }) satisfies CreatePortal;
  return (
    <RedirectButton path="/api/stripe/create-portal" body={body} className={className}>
      {children}
    </RedirectButton>
  );
}
