import { type FormEvent, useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { CheckEmail } from "../components/check-email.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { type SignInPage, safeNextPath, signInPath } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { getAuth } from "../supabase.ts";

/** What a link is asked for. */
const purposes = {
  password: {
    title: "Reset password",
    heading: "Forgot your password?",
    lead: "Type in your e-mail: we send you a link to choose a new one.",
    landing: "/new-password",
  },
  signIn: {
    title: "Sign in by e-mail",
    heading: "Sign in without a password",
    lead: "Type in your e-mail: we send you a link that signs you in.",
    landing: "/sign-in",
  },
} satisfies Record<string, { title: string; heading: string; lead: string; landing: SignInPage }>;

/** Sends a link to an e-mail address: to choose a new password, or to sign in. It never says whether there is such an account. */
export function ByEmailPage({ purpose }: { purpose: keyof typeof purposes }) {
  const session = useSession();
  const [search] = useSearchParams();
  const next = safeNextPath(search.get("next"));
  const { title, heading, lead, landing } = purposes[purpose];
  const [sentTo, setSentTo] = useState<string>();
  const { pending, error, run } = useAction();

  const send = (email: string) => requestLink(purpose, email, window.location.origin + signInPath(next, landing));
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
      <CheckEmail resend={() => send(sentTo)} aside={back}>
        If there is an account for <strong>{sentTo}</strong>, a link is on its way. Open it in this browser.
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
          Send the link
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
