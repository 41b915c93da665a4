import { type ReactNode, useEffect, useState } from "react";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { Notice } from "./notice.tsx";
import { Page } from "./page.tsx";

/** Supabase sends one address no more than one e-mail a minute. */
const AGAIN_AFTER_S = 60;

interface CheckEmailProps {
  children: ReactNode;
  /** Sends it once more. @throws Refused */
  resend: () => Promise<void>;
  aside: ReactNode;
}

/** What to do after an e-mail was sent, and a way to have it sent again. */
export function CheckEmail({ children, resend, aside }: CheckEmailProps) {
  const [sent, setSent] = useState(0);
  const [left, setLeft] = useState(AGAIN_AFTER_S);
  const { pending, error, run } = useAction();

  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);

  const again = async () => {
    setLeft(AGAIN_AFTER_S);
    await resend();
    setSent(sent + 1);
  };

  return (
    <Page title="Check your e-mail" narrow>
      <h1>Check your e-mail</h1>
      <div className="lead" role="status">
        {children}
      </div>
      <p className="aside">Nothing there after a minute? Look in the spam folder.</p>
      {error && <Notice tone="bad">{error.message}</Notice>}
      {sent > 0 && !error && <Notice tone="good">Sent again.</Notice>}
      <p className="aside">
        <PendingButton
          type="button"
          className="button button-quiet button-small"
          pending={pending}
          unavailable={left > 0}
          onClick={() => run(again)}
        >
          {left > 0 ? `Send it again in ${left} s` : "Send it again"}
        </PendingButton>
      </p>
      <p className="aside">{aside}</p>
    </Page>
  );
}
