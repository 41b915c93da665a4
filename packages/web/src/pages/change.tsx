import type { ChangePreview, OneSubscription } from "@turnpike/core/plan-change/schema";
import { useCallback, useMemo } from "react";
import { useLocation, useSearchParams } from "wouter";
import { isStanding, type Subscription } from "../billing.ts";
import { Obstacle, obstacleOf } from "../components/change-obstacle.tsx";
import { ChangeSummary } from "../components/change-summary.tsx";
import { NoSubscription } from "../components/no-subscription.tsx";
import { LoadFailed, Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { PlanChoice } from "../components/plan-choice.tsx";
import { SignedIn } from "../components/signed-in.tsx";
import { Stepper } from "../components/stepper.tsx";
import { changeAddress, within } from "../held-plan.ts";
import { useLoad, useLookAgain } from "../load.ts";
import {
  type Choice,
  choicesOf,
  counted,
  describeChange,
  type Holdings,
  loadHoldings,
  named,
  numberToName,
} from "../plan-change.ts";

/** Another plan, or another number of it: chosen, seen to the cent, and confirmed. The choice stands in the address. */
export function ChangePage() {
  return (
    <Page title="Change plan">
      <h1>Change your plan</h1>
      <SignedIn what="plan">{({ id }) => <ChangeOf key={id} />}</SignedIn>
    </Page>
  );
}

function ChangeOf() {
  const { loaded, reload } = useLoad(loadHoldings);
  const lookAgain = useLookAgain(reload);
  const [search] = useSearchParams();
  if (loaded.status === "loading") return <Skeleton what="your plan" cards={1} />;
  if (loaded.status === "failed") return <LoadFailed what="Your plan" isOurs={loaded.isOurs} retry={reload} />;
  const { subscriptions } = loaded.data;
  const id = search.get("subscription");
  const subscription = subscriptions.find((each) => (id ? each.id === id : isStanding(each)));
  return subscription ? (
    <Choosing subscription={subscription} holdings={loaded.data} onKept={lookAgain} />
  ) : (
    <NoSubscription />
  );
}

interface ChoosingProps {
  subscription: Subscription;
  holdings: Holdings;
  /** Called when what was to become of it was taken back. */
  onKept: () => void;
}

function Choosing({ subscription, holdings, onKept }: ChoosingProps) {
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const { customers, changes, catalogue } = holdings;
  const customer = customers.find(({ id }) => id === subscription.customer_id);
  const organizationId = customer?.organization_id;
  const one = useMemo(() => named(subscription.id, organizationId), [subscription.id, organizationId]);
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
  if (obstacle) return <Obstacle obstacle={obstacle} one={one} name={name} onKept={onKept} />;

  const choices = choicesOf(subscription, catalogue);
  const asked = search.get("price");
  const choice = choices.find(({ price, isHeld }) => (asked ? price.id === asked : isHeld));
  const number = Number(search.get("quantity")) || undefined;
  const choose = (wish: { priceId?: string; quantity?: number }) =>
    navigate(changeAddress(subscription.id, wish), { replace: true });
  return (
    <div className="change">
      <PlanChoice choices={choices} chosen={choice?.price.id} onChoose={(priceId) => choose({ priceId })} />
      <section className="card summary" aria-label="What it costs">
        {asked && !choice ? (
          <p>This plan is not on sale any more, or not for what you have. Choose another.</p>
        ) : choice ? (
          <Chosen
            choice={choice}
            choices={choices}
            number={number}
            onCount={(quantity) => choose({ priceId: choice.price.id, quantity })}
            one={one}
            subscription={subscription}
            nameOf={nameOf}
            onMade={onMade}
            onKept={onKept}
          />
        ) : (
          <p className="hint">{NOTHING_CHOSEN}</p>
        )}
      </section>
    </div>
  );
}

const NOTHING_CHOSEN = "Choose a plan to see what it costs, before anything is changed.";

interface ChosenProps {
  choice: Choice;
  choices: Choice[];
  /** Of the address. */
  number: number | undefined;
  onCount: (quantity: number) => void;
  one: OneSubscription;
  subscription: Subscription;
  nameOf: (productId: string) => string;
  onMade: (effective: "now" | "period_end") => void;
  onKept: () => void;
}

function Chosen({ choice, choices, number, onCount, one, subscription, nameOf, onMade, onKept }: ChosenProps) {
  const { price, bounds, item } = choice;
  const quantity = bounds && number ? within(bounds, number) : choice.quantity;
  const toName = numberToName(item, quantity);
  const wish = useMemo(() => ({ ...one, priceId: price.id, quantity: toName }), [one, price.id, toName]);
  const isHeld = choice.isHeld && (item.quantity ?? 1) === quantity;
  const from = counted(item.quantity, nameOf(item.product_id));
  // In the preview's words: it is Stripe's, and our copy may be late.
  const describe = ({ from, to }: ChangePreview) => {
    const held = choices.find((each) => each.price.id === from.priceId)?.price; // unknown once it is archived
    const name = counted(from.quantity, nameOf(held?.product_id ?? item.product_id));
    return {
      from: name,
      ...describeChange(
        { name, productId: held?.product_id ?? item.product_id, price: held },
        { name: counted(to.quantity, choice.name), price },
      ),
    };
  };
  return (
    <>
      {bounds && <Stepper bounds={bounds} value={quantity} onChange={onCount} />}
      {isHeld ? (
        <p className="hint">{`This is what you have. ${NOTHING_CHOSEN}`}</p>
      ) : (
        <ChangeSummary
          one={one}
          wish={wish}
          from={from}
          describe={describe}
          inTrial={subscription.status === "trialing"}
          onMade={onMade}
          onKept={onKept}
        />
      )}
    </>
  );
}
