import type { FormEvent } from "react";
import { Link, Redirect, useLocation, useSearchParams } from "wouter";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { CheckEmail } from "../components/check-email.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { type SignInPage, safeNextPath, signInPath } from "../next-path.ts";
import { useSentTo } from "../sent-to.ts";
import { useSession } from "../session.tsx";
import { getAuth } from "../supabase.ts";

/** What an e-mail is asked for. */
const purposes = {
  password: {
    title: "Reset password",
    heading: "Forgot your password?",
    lead: "Type in your e-mail: we send you a link and a code to choose a new one.",
    type: "recovery",
    landing: "/new-password",
  },
  signIn: {
    title: "Sign in by e-mail",
    heading: "Sign in without a password",
    lead: "Type in your e-mail: we send you a link and a code that sign you in.",
    type: "email",
    landing: "/sign-in",
  },
} satisfies Record<
  string,
  { title: string; heading: string; lead: string; type: "recovery" | "email"; landing: SignInPage }
>;

/** Sends a link and a code to an e-mail address: to choose a new password, or to sign in. It never says whether there is such an account. */
export function ByEmailPage({ purpose }: { purpose: keyof typeof purposes }) {
  const session = useSession();
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const next = safeNextPath(search.get("next"));
  const { title, heading, lead, type, landing } = purposes[purpose];
  const [sentTo, setSentTo] = useSentTo();
  const { pending, error, run } = useAction();

  const page = signInPath(next, landing);
  const send = (email: string) => requestLink(purpose, email, window.location.origin + page);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get("email")).trim();
    void run(async () => {
      await send(email);
      setSentTo(email);
    });
  };

  if (session.status === "signed-in" && purpose === "signIn") return <Redirect to={next} replace />;
  const back = <Link href={signInPath(next)}>Back to sign-in</Link>;
  if (sentTo) {
    return (
      <CheckEmail
        email={sentTo}
        type={type}
        resend={() => send(sentTo)}
        onSignedIn={() => navigate(page, { replace: true })}
        aside={back}
      >
        If <strong>{sentTo}</strong> has an account, an e-mail is on its way. Open its link in this browser, or type in
        its code here.
      </CheckEmail>
    );
  }
  return (
    <Page title={title} narrow>
      <h1>{heading}</h1>
      <p className="lead">{lead}</p>
      <form className="card stack" onSubmit={submit}>
        <label className="field">
          <span>E-mail</span>
          <input type="email" name="email" autoComplete="email" required />
        </label>
        {error && <Notice tone="bad">{error.message}</Notice>}
        <PendingButton type="submit" pending={pending}>
          Send the e-mail
        </PendingButton>
      </form>
      <p className="aside">{back}</p>
    </Page>
  );
}

/** That an address is nobody's is no reason to refuse: nobody else may learn it. */
async function requestLink(purpose: keyof typeof purposes, email: string, page: string): Promise<void> {
  const auth = await getAuth();
  const answer =
    purpose === "password"
      ? await auth.resetPasswordForEmail(email, { redirectTo: page })
      : await auth.signInWithOtp({ email, options: { emailRedirectTo: page, shouldCreateUser: false } });
  const { code } = answer.error ?? {};
  if (code !== "otp_disabled" && code !== "user_not_found") assertDone(answer);
}
