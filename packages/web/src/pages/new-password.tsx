import { useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { LinkOfNoUse } from "../components/link-of-no-use.tsx";
import { NewPassword } from "../components/new-password.tsx";
import { Page } from "../components/page.tsx";
import { SignedIn } from "../components/signed-in.tsx";
import { useLinkProblem } from "../link-problem.ts";
import { safeNextPath, signInPath } from "../next-path.ts";

/** Where the link of a reset leads to: whoever it has signed in chooses a new password, and goes on to `next`. */
export function NewPasswordPage() {
  const problem = useLinkProblem();
  const [search] = useSearchParams();
  const next = safeNextPath(search.get("next"));
  const [done, setDone] = useState(false);

  if (done) return <Redirect to={next} replace />;
  const noUse = (
    <>
      {!problem && <LinkOfNoUse problem="expired" />}
      <Link className="button" href={signInPath(next, "/reset-password")}>
        Send a new link
      </Link>
    </>
  );
  return (
    <Page title="New password" narrow>
      <h1>Choose a new password</h1>
      <SignedIn what="account" others={noUse}>
        {({ email }) => (
          <>
            <p className="lead">For {email}. You stay signed in here.</p>
            <NewPassword onDone={() => setDone(true)} />
          </>
        )}
      </SignedIn>
    </Page>
  );
}
