import type { CreatePortal } from "@turnpike/core/portal/schema";
import type { ReactNode } from "react";
import { useRedirect } from "./use-redirect.ts";

interface ButtonAccountProps {
  /** Where Stripe's portal leads back to. Default: this site's account page. */
  returnUrl?: string;
  children: ReactNode;
  className?: string;
}

/**
 * Opens Stripe's billing portal, where customers change their plan, card and address, and cancel: asks
 * `POST /api/stripe/create-portal` for it and goes there. For signed-in users who have bought something.
 * To use it elsewhere, copy this file and `use-redirect.ts`.
 *
 *     <ButtonAccount>Manage billing</ButtonAccount>
 */
export function ButtonAccount({ returnUrl, children, className }: ButtonAccountProps) {
  const { pending, error, redirect } = useRedirect();
  const open = () =>
    redirect("/api/stripe/create-portal", {
      returnUrl: returnUrl ?? `${window.location.origin}/account?from=portal`,
    } satisfies CreatePortal);
  return (
    <>
      <button type="button" className={className ?? "button"} onClick={open} disabled={pending} aria-busy={pending}>
        {pending && <span className="spinner" aria-hidden="true" />}
        {children}
      </button>
      {error && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}
