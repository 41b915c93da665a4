import { type FormEvent, useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { authMessage } from "../auth-message.ts";
import { brand } from "../brand.ts";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PendingButton } from "../components/pending-button.tsx";
import { safeNextPath, signInPath } from "../next-path.ts";
import { usePassing } from "../passing.ts";
import { describeProblem } from "../problem.ts";
import { useSession } from "../session.tsx";
import { getSupabase } from "../supabase.ts";

const words = {
  signIn: {
    title: "Sign in",
    heading: "Welcome back",
    submit: "Sign in",
    other: "New here?",
    otherLink: "Create an account",
  },
  signUp: {
    title: "Create account",
    heading: "Create your account",
    submit: "Create account",
    other: "Have an account?",
    otherLink: "Sign in",
  },
};

/**
 * Signs in, or with `creating` up, by e-mail and password; then goes on to the path in `next`. Whom the back end led here with a
 * `problem` signs in anew, also where the browser holds a session: it is the one that was refused.
 */
export function SignInPage({ creating = false }: { creating?: boolean }) {
  const session = useSession();
  const [search] = useSearchParams();
  const next = safeNextPath(search.get("next"));
  const problem = usePassing("problem");
  const [confirming, setConfirming] = useState<string>();
  const [signedIn, setSignedIn] = useState(false);
  const text = creating ? words.signUp : words.signIn;

  if (session.status === "signed-in" && (signedIn || !problem)) return <Redirect to={next} replace />;
  if (confirming) return <CheckYourEmail email={confirming} next={next} />;
  return (
    <Page title={text.title} narrow>
      <h1>{text.heading}</h1>
      <p className="lead">
        {next.startsWith("/pricing")
          ? "Then you are back at your plan, ready to check out."
          : `Your plan and your payments at ${brand.name}.`}
      </p>
      {problem && <Notice tone="busy">{describeProblem(problem)}</Notice>}
      <Credentials
        creating={creating}
        next={next}
        submit={text.submit}
        onSignedIn={() => setSignedIn(true)}
        onConfirm={setConfirming}
      />
      <p className="aside">
        {text.other} <Link href={signInPath(next, creating ? "/sign-in" : "/sign-up")}>{text.otherLink}</Link>
      </p>
    </Page>
  );
}

interface CredentialsProps {
  creating: boolean;
  next: string;
  submit: string;
  onSignedIn: () => void;
  /** Called when the account waits for its e-mail to be confirmed. */
  onConfirm: (email: string) => void;
}

function Credentials({ creating, next, submit, onSignedIn, onConfirm }: CredentialsProps) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: String(form.get("email")).trim(), password: String(form.get("password")) };
    setPending(true);
    setError(undefined);
    const { auth } = getSupabase();
    const emailRedirectTo = window.location.origin + signInPath(next);
    const { data, error } = creating
      ? await auth.signUp({ ...credentials, options: { emailRedirectTo } })
      : await auth.signInWithPassword(credentials);
    setPending(false);
    if (error) setError(authMessage(error));
    else if (data.session) onSignedIn();
    else onConfirm(credentials.email);
  };

  return (
    <form className="card stack" onSubmit={send}>
      <label className="field">
        E-mail
        <input type="email" name="email" autoComplete="email" required />
      </label>
      <label className="field">
        Password
        <input
          type="password"
          name="password"
          autoComplete={creating ? "new-password" : "current-password"}
          minLength={creating ? 8 : undefined}
          aria-describedby={creating ? "password-rule" : undefined}
          required
        />
        {creating && (
          <span id="password-rule" className="hint">
            At least 8 characters.
          </span>
        )}
      </label>
      {error && <Notice tone="bad">{error}</Notice>}
      <PendingButton type="submit" pending={pending}>
        {submit}
      </PendingButton>
    </form>
  );
}

function CheckYourEmail({ email, next }: { email: string; next: string }) {
  return (
    <Page title="Check your e-mail" narrow>
      <h1>Check your e-mail</h1>
      <p className="lead" role="status">
        We sent a link to <strong>{email}</strong>. Open it to finish your account, and go on from there.
      </p>
      <p className="aside">
        Nothing there? Look in the spam folder. Confirmed already? <Link href={signInPath(next)}>Sign in</Link>
      </p>
    </Page>
  );
}
