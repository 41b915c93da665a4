import { useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { LinkOfNoUse } from "../components/link-of-no-use.tsx";
import { NewPassword } from "../components/new-password.tsx";
import { Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { useLinkProblem } from "../email-link.ts";
import { safeNextPath, signInPath } from "../next-path.ts";
import { useSession } from "../session.tsx";

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
