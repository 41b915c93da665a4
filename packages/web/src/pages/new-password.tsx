import { type FormEvent, useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { useAction } from "../action.ts";
import { assertDone } from "../auth-message.ts";
import { LinkOfNoUse } from "../components/link-of-no-use.tsx";
import { Notice, Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PasswordField } from "../components/password-field.tsx";
import { PendingButton } from "../components/pending-button.tsx";
import { useLinkProblem } from "../email-link.ts";
import { safeNextPath, signInPath } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { getSupabase } from "../supabase.ts";

/** Where the link of a reset leads to: whoever it has signed in chooses a new password, and goes on to `next`. */
export function NewPasswordPage() {
  const session = useSession();
  const problem = useLinkProblem();
  const [search] = useSearchParams();
  const next = safeNextPath(search.get("next"));
  const [done, setDone] = useState(false);

  if (done) return <Redirect to={next} replace />;
  return (
    <Page title="New password" narrow>
      <h1>Choose a new password</h1>
      {session.status === "loading" && <Skeleton what="your account" cards={1} />}
      {session.status === "signed-in" && (
        <>
          <p className="lead">For {session.user.email}. You stay signed in here.</p>
          <NewPassword onDone={() => setDone(true)} />
        </>
      )}
      {session.status === "signed-out" && (
        <>
          <LinkOfNoUse problem={problem ?? "expired"} />
          <Link className="button" href={signInPath(next, "/reset-password")}>
            Send a new link
          </Link>
        </>
      )}
    </Page>
  );
}

/** Asks for a new password for whoever is signed in. */
export function NewPassword({ onDone }: { onDone: () => void }) {
  const { pending, error, run } = useAction();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    void run(async () => {
      assertDone(await getSupabase().auth.updateUser({ password }));
      onDone();
    });
  };
  return (
    <form className="card stack" onSubmit={save}>
      <PasswordField label="New password" isNew />
      {error && <Notice tone="bad">{error}</Notice>}
      <PendingButton type="submit" pending={pending}>
        Save the password
      </PendingButton>
    </form>
  );
}
