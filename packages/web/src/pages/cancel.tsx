import { ENDS_AT_ONCE } from "@turnpike/core/subscription/schema";
import { useCallback } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { endsLater, isStanding, type Subscription } from "../billing.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { Refusal } from "../buttons/refusal.tsx";
import { NoSubscription } from "../components/no-subscription.tsx";
import { LoadFailed, Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { SignedIn } from "../components/signed-in.tsx";
import { formatDay } from "../dates.ts";
import { useLoad } from "../load.ts";
import { cancelSubscription, type Holdings, loadHoldings, named, nameOfAll } from "../plan-change.ts";
import { stillCharged } from "../subscription-state.ts";

/** The end of a plan: when it is, and what is had until then. */
export function CancelPage() {
  return (
    <Page title="Cancel plan" narrow>
      <h1>Cancel your plan</h1>
      <SignedIn what="plan">{({ id }) => <CancelOf key={id} />}</SignedIn>
    </Page>
  );
}

function CancelOf() {
  const { loaded, reload } = useLoad(loadHoldings);
  const [search] = useSearchParams();
  if (loaded.status === "loading") return <Skeleton what="your plan" cards={1} />;
  if (loaded.status === "failed") return <LoadFailed what="Your plan" isOurs={loaded.isOurs} retry={reload} />;
  const id = search.get("subscription");
  const subscription = loaded.data.subscriptions.find((each) => isStanding(each) && (!id || each.id === id));
  return subscription ? <Ending subscription={subscription} holdings={loaded.data} /> : <NoSubscription />;
}

function Ending({
  subscription,
  holdings: { customers, catalogue, changes },
}: {
  subscription: Subscription;
  holdings: Holdings;
}) {
  const [, navigate] = useLocation();
  const { pending, error, run } = useAction();
  const customer = customers.find(({ id }) => id === subscription.customer_id);
  const name = nameOfAll(subscription, catalogue.products);
  const next = changes.find(({ subscription_id: id }) => id === subscription.id);
  const cancel = useCallback(async () => {
    await cancelSubscription(named(subscription.id, customer?.organization_id));
    navigate("/account?from=change&done=canceled", { replace: true });
  }, [subscription, customer, navigate]);

  return (
    <div className="card stack">
      <h2>{name}</h2>
      {!customer ? (
        <p>Somebody else pays for this plan. Only who manages its billing can cancel it: ask them.</p>
      ) : subscription.ends_at ? (
        <p>{alreadyEnding(subscription.ends_at, endsLater(subscription))}</p>
      ) : (
        <>
          <p>{untilWhen(subscription, name)}</p>
          {next && (
            <p>{`The change that was to come on ${formatDay(next.at)} is taken back with it: should you keep ${name} after all, choose it again.`}</p>
          )}
          {error && <Refusal error={error} />}
          <PendingButton type="button" className="button button-bad" pending={pending} onClick={() => run(cancel)}>
            {`Cancel ${name}`}
          </PendingButton>
        </>
      )}
      <Link href="/account" className="button button-quiet">
        {customer && !subscription.ends_at ? `Keep ${name}` : "To your account"}
      </Link>
    </div>
  );
}

const alreadyEnding = (end: string, later: boolean) =>
  later
    ? `It ends on ${formatDay(end)}, as agreed, and is charged until then. Ask support to have it end sooner.`
    : `It is canceled already, and ends on ${formatDay(end)}.`;

function untilWhen(subscription: Subscription, name: string): string {
  const { status, current_period_end: end, trial_end: trial } = subscription;
  if (ENDS_AT_ONCE.includes(status) || !end) return `${name} ends at once, and nothing more is charged for it.`;
  if (status === "trialing")
    return `Your trial of ${name} goes on until ${formatDay(trial ?? end)}. Then it ends, and nothing is ever charged for it.`;
  const rest = stillCharged(subscription);
  const charged = rest ? `. Only ${rest} is still charged` : ". After that nothing more is charged";
  return `You keep ${name} until ${formatDay(end)}${charged}. Until that day you can take this back.`;
}
