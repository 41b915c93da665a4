"use client";

import type { ReactNode } from "react";
import { useAction } from "./action.ts";
import { leaveFor } from "./in-time.ts";
import { PendingButton } from "./pending-button.tsx";
import { type ApiOptions, post } from "./post.ts";
import { Refusal } from "./refusal.tsx";

interface RedirectButtonProps extends ApiOptions {
  path: string;
  /** Asked for when the button is pressed. */
  body: () => object;
  children: ReactNode;
  className: string | undefined;
  signInUrl: string | undefined;
  /** Another way, to be shown with the reason why this one is closed. */
  instead?: ReactNode;
}

/** A button that asks a route for an address and goes there; pending meanwhile, with the error below it if there is one. */
export function RedirectButton({ path, body, children, className, signInUrl, instead, ...api }: RedirectButtonProps) {
  const { pending, error, run } = useAction();
  const redirect = async () => {
    const { url } = await post<{ url: string }>(path, body(), api);
    await leaveFor(url);
  };
  return (
    <>
      <PendingButton type="button" className={className} onClick={() => run(redirect)} pending={pending}>
        {children}
      </PendingButton>
      {error && (
        <Refusal error={error} signInUrl={signInUrl}>
          {instead}
        </Refusal>
      )}
    </>
  );
}
