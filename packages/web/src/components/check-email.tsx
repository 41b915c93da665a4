import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { getAuth } from "../supabase.ts";
import { Notice } from "./notice.tsx";
import { Page } from "./page.tsx";

/** Supabase sends one address no more than one e-mail a minute. */
const AGAIN_AFTER_S = 60;

interface CheckEmailProps {
  email: string;
  /** What the e-mail is for: a new password, or (`email`) to sign in or up. */
  type: "email" | "recovery";
  children: ReactNode;
  /** Sends it once more. @throws Refused */
  resend: () => Promise<void>;
  /** Called when the code of the e-mail has signed in. */
  onSignedIn?: () => void;
  aside: ReactNode;
}

/** What to do after an e-mail was sent: to open its link here, or, where it is read elsewhere, to type in its code; and a way to have it sent again. */
export function CheckEmail({ email, type, children, resend, onSignedIn, aside }: CheckEmailProps) {
  const [sent, setSent] = useState(0);
  const [left, setLeft] = useState(AGAIN_AFTER_S);
  const { pending, error, run } = useAction();

  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);

  // What was pressed has gone with its page, and the address has stayed.
  useEffect(() => document.getElementById("main")?.focus({ preventScroll: true }), []);

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
      <Code email={email} type={type} onSignedIn={onSignedIn} />
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

/** A link signs in only the browser that asked for it (PKCE); the code can be read on any device and typed in here. */
function Code({ email, type, onSignedIn }: Pick<CheckEmailProps, "email" | "type" | "onSignedIn">) {
  const { pending, error, run } = useAction();
  const verify = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("code")).replace(/\D/g, "");
    void run(async () => {
      assertDone(await (await getAuth()).verifyOtp({ email, token, type }));
      onSignedIn?.();
    });
  };
  return (
    <form className="card stack" onSubmit={verify}>
      <label className="field">
        <span>Code from the e-mail</span>
        <input name="code" inputMode="numeric" autoComplete="one-time-code" required />
      </label>
      {error && <Notice tone="bad">{error.message}</Notice>}
      <PendingButton type="submit" pending={pending}>
        Go on
      </PendingButton>
    </form>
  );
}
