"use client";

import type { ButtonHTMLAttributes, ReactNode } from "react";
import { useIsBusy } from "./action.ts";

interface PendingButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  type: "button" | "submit";
  pending: boolean;
  /** Whether it cannot be pressed for another reason. */
  unavailable?: boolean;
  children: ReactNode;
}

/** A button that shows that it is at work, and cannot be pressed meanwhile, nor while another one is. */
export function PendingButton({ pending, unavailable, className = "button", children, ...rest }: PendingButtonProps) {
  const busy = useIsBusy();
  return (
    <button {...rest} className={className} disabled={busy || unavailable} aria-busy={pending}>
      {pending && <span className="spinner" aria-hidden="true" />}
      <span>{children}</span>
    </button>
  );
}
