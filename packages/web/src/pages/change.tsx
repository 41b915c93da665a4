import { useCallback, useMemo } from "react";
import { Link, Redirect, useLocation, useSearchParams } from "wouter";
import { isStanding, type Subscription } from "../billing.ts";
import { Obstacle, obstacleOf } from "../components/change-obstacle.tsx";
import { ChangeSummary } from "../components/change-summary.tsx";
import { LoadFailed, Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PlanChoice } from "../components/plan-choice.tsx";
import { useLoad } from "../load.ts";
import { signInPath } from "../next-path.ts";
import { changeAddress, choicesOf, type Holdings, isOf, loadHoldings, named } from "../plan-change.ts";
import { useSession } from "../session.tsx";

/** Another plan, or another number of it: chosen, seen to the cent, and confirmed. The choice stands in the address. */
export function ChangePage() {
  const session = useSession();
  return (
    <Page title="Change plan">
      <h1>Change your plan</h1>
      {session.status === "loading" && <LoadingChange />}
      {session.status === "signed-out" && (
        <Redirect to={signInPath(window.location.pathname + window.location.search)} replace />
      )}
      {session.status === "signed-in" && <ChangeOf key={session.user.id} />}
    </Page>
  );
}

export function LoadingChange() {
  return <Skeleton what="your plan" cards={1} />;
}

function ChangeOf() {
  const { loaded, reload } = useLoad(loadHoldings);
  const [search] = useSearchParams();
  if (loaded.status === "loading") return <LoadingChange />;
  if (loaded.status === "failed") return <LoadFailed what="Your plan" retry={reload} />;
  const { subscriptions } = loaded.data;
  const id = search.get("subscription");
  const subscription = subscriptions.find((each) => (id ? each.id === id : isStanding(each)));
  return subscription ? (
    <Choosing subscription={subscription} holdings={loaded.data} reload={reload} />
  ) : (
    <NoSubscription />
  );
}

export function NoSubscription() {
  return (
    <div className="card empty">
      <p>There is no such plan of yours.</p>
      <Link href="/pricing" className="button">
        See the plans
      </Link>
    </div>
  );
}

interface ChoosingProps {
  subscription: Subscription;
  holdings: Holdings;
  reload: () => void;
}

function Choosing({ subscription, holdings, reload }: ChoosingProps) {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const { customers, changes, catalogue } = holdings;
  const customer = customers.find(({ id }) => id === subscription.customer_id);
  const one = useMemo(() => named(subscription, customer), [subscription, customer]);
  const priceId = search.get("price") ?? undefined;
  const wish = useMemo(() => (priceId ? { ...one, priceId } : undefined), [one, priceId]);
  const onMade = useCallback(
    (effective: "now" | "period_end") =>
      navigate(`/account?from=change&done=${effective === "now" ? "changed" : "scheduled"}`, { replace: true }),
    [navigate],
  );

  const change = changes.find(({ subscription_id: id, kind }) => id === subscription.id && kind === "change");
  const obstacle = obstacleOf(subscription, customer, change);
  const nameOf = (productId: string | null | undefined) =>
    catalogue.products.find(({ id }) => id === productId)?.name ?? "your plan";
  const name = nameOf(subscription.product_id);
  if (obstacle) return <Obstacle obstacle={obstacle} one={one} name={name} onKept={reload} />;

  const choices = choicesOf(subscription, catalogue);
  const price = catalogue.prices.find(({ id }) => id === priceId);
  const choose = (id: string) => navigate(changeAddress(subscription.id, { priceId: id }), { replace: true });
  return (
    <div className="change">
      <PlanChoice choices={choices} chosen={priceId} onChoose={choose} />
      <section className="card summary" aria-label="What it costs">
        {!wish ? (
          <p className="hint">Choose a plan to see what it costs, before anything is changed.</p>
        ) : price && isOf(subscription, price) ? (
          <p className="hint">{`You have ${name} at this price. Choose another plan to see what it costs.`}</p>
        ) : (
          <ChangeSummary
            wish={wish}
            from={name}
            to={nameOf(price?.product_id)}
            inTrial={subscription.status === "trialing"}
            onMade={onMade}
            onKept={reload}
          />
        )}
      </section>
    </div>
  );
}
