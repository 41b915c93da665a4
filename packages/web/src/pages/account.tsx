import { Suspense } from "react";
import { Link, useLocation } from "wouter";
import { useAction } from "../buttons/action.ts";
import { Notice, Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { later, NotLoaded } from "../later.tsx";
import { useSession } from "../session.tsx";
import { getAuth } from "../supabase.ts";

// The page's head is in what everybody loads: it is drawn before the rest has come.
const AccountBilling = later(
  "AccountBilling",
  () => import("../components/account-billing.tsx"),
  () => <NotLoaded what="Your account" />,
);

/** The user's subscription and payments, and the way to Stripe's portal. */
export function AccountPage() {
  const session = useSession();
  return (
    <Page title="Account">
      <div className="account-head">
        <div>
          <h1>Your account</h1>
          <p className="lead">What you have, what is paid next, and all that you have paid.</p>
        </div>
        <SignedInAs email={session.status === "signed-in" ? session.user.email : undefined} />
      </div>
      <Suspense fallback={<Skeleton what="your account" cards={1} />}>
        <AccountBilling />
      </Suspense>
    </Page>
  );
}

/** Its place is kept until it is known who that is. */
function SignedInAs({ email }: { email: string | undefined }) {
  const { error, run } = useAction();
  const [, navigate] = useLocation();
  const leave = async () => {
    const auth = await getAuth();
    navigate("/"); // without a session this page leads to sign-in
    // Its own session a browser forgets at once, whatever the server answers. Other devices stay signed in.
    void auth.signOut({ scope: "local" });
  };
  return (
    <div className={email ? undefined : "not-yet"}>
      <p className="hint">{email ?? "…"}</p>
      <Link href="/settings" className="button button-quiet button-small">
        Sign-in settings
      </Link>{" "}
      <button type="button" className="button button-quiet button-small" onClick={() => run(leave)}>
        Sign out
      </button>
      {error && <Notice tone="bad">{`You are still signed in. ${error.message}`}</Notice>}
    </div>
  );
}
