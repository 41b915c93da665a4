import { type FormEvent, useEffect, useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { assertDone } from "../auth-message.ts";
import { brand } from "../brand.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { CheckEmail } from "../components/check-email.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PasswordField } from "../components/password-field.tsx";
import { Providers } from "../components/providers.tsx";
import { useLinkProblem } from "../link-problem.ts";
import { safeNextPath, signInPath } from "../next-path.ts";
import { usePassing } from "../passing.ts";
import { describeProblem } from "../problem.ts";
import { useSentTo } from "../sent-to.ts";
import { forgetSession, useSession } from "../session.tsx";
import { getAuth, holdsSession } from "../supabase.ts";

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
  const linkProblem = useLinkProblem();
  const [sentTo, setSentTo] = useSentTo();
  const [signedIn, setSignedIn] = useState(false);
  const text = creating ? words.signUp : words.signIn;
  useEffect(() => {
    if (problem) void endRefusedSession();
  }, [problem]);

  if (session.status === "signed-in" && (signedIn || !problem))
    return <Redirect to={next} replace state={signedIn ? null : { linkProblem }} />;
  if (sentTo) return <ConfirmYourEmail email={sentTo} next={next} onSignedIn={() => setSignedIn(true)} />;
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
        onConfirm={setSentTo}
      />
      {!creating && (
        <p className="aside">
          <Link href={signInPath(next, "/sign-in-by-email")}>Sign in by e-mail, without a password</Link>
        </p>
      )}
      <p className="aside">
        {text.other} <Link href={signInPath(next, creating ? "/sign-in" : "/sign-up")}>{text.otherLink}</Link>
      </p>
      <Providers next={next} />
    </Page>
  );
}

/**
 * Takes a session from the browser that Supabase refuses, too: with it every other way to sign in would lead on at once. One that is
 * good stays: anybody can make a link with a problem in it.
 */
async function endRefusedSession(): Promise<void> {
  if (!holdsSession()) return;
  const auth = await getAuth();
  const { error } = await auth.getUser();
  if (error?.status === 403) forgetSession();
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
  const { pending, error, run } = useAction();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: String(form.get("email")).trim(), password: String(form.get("password")) };
    const emailRedirectTo = window.location.origin + signInPath(next);
    void run(async () => {
      const auth = await getAuth();
      const answer = creating
        ? await auth.signUp({ ...credentials, options: { emailRedirectTo } })
        : await auth.signInWithPassword(credentials);
      assertDone(answer);
      if (answer.data.session) onSignedIn();
      else onConfirm(credentials.email);
    });
  };

  return (
    <form className="card stack" onSubmit={send}>
      <label className="field">
        <span>E-mail</span>
        <input type="email" name="email" autoComplete="email" required />
      </label>
      <PasswordField isNew={creating} />
      {!creating && (
        <Link className="hint" href={signInPath(next, "/reset-password")}>
          Forgot your password?
        </Link>
      )}
      {error && <Notice tone="bad">{error.message}</Notice>}
      <PendingButton type="submit" pending={pending}>
        {submit}
      </PendingButton>
    </form>
  );
}

interface ConfirmYourEmailProps {
  email: string;
  next: string;
  onSignedIn: () => void;
}

function ConfirmYourEmail({ email, next, onSignedIn }: ConfirmYourEmailProps) {
  const resend = async () => {
    const options = { emailRedirectTo: window.location.origin + signInPath(next) };
    assertDone(await (await getAuth()).resend({ type: "signup", email, options }));
  };
  const aside = (
    <>
      Confirmed already? <Link href={signInPath(next)}>Sign in</Link>
    </>
  );
  return (
    <CheckEmail email={email} type="email" resend={resend} onSignedIn={onSignedIn} aside={aside}>
      We sent an e-mail to <strong>{email}</strong>. Open its link in this browser, or type in its code here, to finish
      your account.
    </CheckEmail>
  );
}
