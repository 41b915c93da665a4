import type { User } from "@supabase/supabase-js";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { Refused } from "../buttons/post.ts";
import { NewPassword } from "../components/new-password.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { SignedIn } from "../components/signed-in.tsx";
import { useFreshEmail } from "../fresh-email.ts";
import { forgetSession } from "../session.tsx";
import { getAuth, getDatabase } from "../supabase.ts";

/** How somebody signs in: their address and password; and the end of the account. */
export function SettingsPage() {
  const [deleted, setDeleted] = useState(false);
  if (deleted) return <Deleted />;
  return (
    <Page title="Sign-in settings" narrow>
      <h1>Sign-in settings</h1>
      <SignedIn what="settings">
        {(user) => (
          <>
            <EmailSection user={user} />
            <PasswordSection />
            <DeletionSection user={user} onDeleted={() => setDeleted(true)} />
          </>
        )}
      </SignedIn>
    </Page>
  );
}

function EmailSection({ user }: { user: User }) {
  const { pending, error, run } = useAction();
  const [wanted, setWanted] = useState<string>();
  useFreshEmail(user);
  const change = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get("email")).trim();
    setWanted(undefined);
    void run(async () => {
      if (isSame(email, user.email)) throw new Refused("That is your e-mail already.");
      const options = { emailRedirectTo: `${window.location.origin}/settings` };
      assertDone(await (await getAuth()).updateUser({ email }, options));
      setWanted(email);
    });
  };
  return (
    <section aria-labelledby="email">
      <div className="section-head">
        <h2 id="email">E-mail</h2>
      </div>
      <form className="card stack" onSubmit={change}>
        <p>
          You sign in as <strong>{user.email}</strong>. Your invoices and receipts go there, too.
        </p>
        <label className="field">
          <span>New e-mail</span>
          <input type="email" name="email" autoComplete="email" required />
        </label>
        {error && <Notice tone="bad">{error.message}</Notice>}
        {wanted && !isSame(wanted, user.email) && (
          <Notice tone="good">
            <span>
              A link is on its way to {wanted}, and another one to your present address if it has to agree. It stays{" "}
              {user.email} until they were opened.
            </span>
          </Notice>
        )}
        <PendingButton type="submit" pending={pending}>
          Change the e-mail
        </PendingButton>
      </form>
    </section>
  );
}

function PasswordSection() {
  const [saved, setSaved] = useState(0);
  return (
    <section aria-labelledby="password">
      <div className="section-head">
        <h2 id="password">Password</h2>
      </div>
      {saved > 0 && <Notice tone="good">Your new password is saved.</Notice>}
      <NewPassword key={saved} onDone={() => setSaved(saved + 1)} />
    </section>
  );
}

/** What becomes of the subscriptions of whoever leaves. */
const SUBSCRIPTIONS_THEN = {
  cancel: "Your subscriptions end, and nothing is charged any more.",
  cancel_at_period_end: "Your subscriptions end with what is paid for, and nothing is charged any more.",
  keep: "Your subscriptions run on and are charged, unless they are cancelled before.",
}[import.meta.env.VITE_ON_USER_DELETE ?? "cancel"];

function DeletionSection({ user, onDeleted }: { user: User; onDeleted: () => void }) {
  const { pending, error, run } = useAction();
  const leave = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("confirmation"));
    void run(async () => {
      if (!isSame(typed, user.email)) throw new Refused("That is not your e-mail. Type it as it stands above.");
      const { error } = await getDatabase().rpc("delete_account");
      if (error) throw new Refused("Your account could not be deleted. Try again, or write to support.");
      onDeleted();
      forgetSession();
    });
  };
  return (
    <section aria-labelledby="deletion">
      <div className="section-head">
        <h2 id="deletion">Delete your account</h2>
      </div>
      <form className="card stack" onSubmit={leave}>
        <p>{SUBSCRIPTIONS_THEN} What you have paid is not paid back, and your account cannot be brought back.</p>
        <label className="field">
          <span>Type {user.email} to go on</span>
          <input type="text" name="confirmation" autoComplete="off" autoCapitalize="none" required />
        </label>
        {error && <Notice tone="bad">{error.message}</Notice>}
        <PendingButton type="submit" className="button button-bad" pending={pending}>
          Delete my account
        </PendingButton>
      </form>
    </section>
  );
}

function Deleted() {
  return (
    <Page title="Account deleted" narrow>
      <h1>Your account is deleted</h1>
      <p className="lead" role="status">
        {SUBSCRIPTIONS_THEN} Thank you for having been here.
      </p>
      <Link href="/" className="button">
        To the front page
      </Link>
    </Page>
  );
}

/** A phone begins with a capital, and puts a space behind what it has completed. */
const isSame = (typed: string, email = "") => typed.trim().toLowerCase() === email.toLowerCase();
