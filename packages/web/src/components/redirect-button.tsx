import type { ErrorAnswer } from "@turnpike/core/errors/schema";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { useOnRestored } from "../load.ts";
import { PendingButton } from "./pending-button.tsx";

const UNREACHABLE = "The server cannot be reached. Check your connection, then try again.";
const BROKEN = "Something went wrong on our side. Try again in a minute.";

/** The answer's `url`, or an error whose message is for the user. */
async function requestRedirect(path: string, body: object): Promise<string> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Error(UNREACHABLE);
  });
  const content: { url?: string } & Partial<ErrorAnswer> = await answer.json().catch(() => ({}));
  if (content.url && answer.ok) return content.url;
  if (answer.status < 500 && content.error) throw new Error(content.error);
  throw new Error(content.requestId ? `${BROKEN} Reference: ${content.requestId}` : BROKEN);
}

/**
 * Posts to a route that answers `{url}` and follows it. Stays pending while the browser is on its way, so that a second
 * click does nothing, and is ready again when the visitor comes back with the browser's "back".
 */
function useRedirect(): {
  pending: boolean;
  error?: string;
  redirect: (path: string, body: object) => Promise<void>;
} {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const underWay = useRef(false); // at once; `pending` only holds from the next render on

  const stop = useCallback(() => {
    underWay.current = false;
    setPending(false);
  }, []);
  useOnRestored(stop);

  const redirect = async (path: string, body: object) => {
    if (underWay.current) return;
    underWay.current = true;
    setPending(true);
    setError(undefined);
    try {
      window.location.assign(await requestRedirect(path, body));
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : BROKEN);
      stop();
    }
  };
  return { pending, error, redirect };
}

interface RedirectButtonProps {
  path: string;
  /** Asked for when the button is pressed. */
  body: () => object;
  children: ReactNode;
  className: string | undefined;
  /** Another way, to be shown with the reason why this one is closed. */
  instead?: ReactNode;
}

/** A button that asks a route for an address and goes there; pending meanwhile, with the error below it if there is one. */
export function RedirectButton({ path, body, children, className, instead }: RedirectButtonProps) {
  const { pending, error, redirect } = useRedirect();
  return (
    <>
      <PendingButton type="button" className={className} onClick={() => redirect(path, body())} pending={pending}>
        {children}
      </PendingButton>
      {error && (
        <div className="refused">
          <p className="field-error" role="alert">
            {error}
          </p>
          {instead}
        </div>
      )}
    </>
  );
}
