import type { User } from "@supabase/supabase-js";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { type Account, loadAccount } from "../account.ts";
import { isStanding } from "../billing.ts";
import { ButtonAccount } from "../buttons/button-account.tsx";
import { useReloadUntil } from "../completeness.ts";
import { useFreshEmail } from "../fresh-email.ts";
import { useLoad, useLookAgain, useOnReturn } from "../load.ts";
import { usePassing } from "../passing.ts";
import { ofPayer, type Payer, payersOf } from "../payers.ts";
import { paymentDueOf } from "../payments.ts";
import { LoadFailed, Notice, Skeleton } from "./notice.tsx";
import { PaymentTable } from "./payment-table.tsx";
import { SignedIn } from "./signed-in.tsx";
import { SubscriptionCard } from "./subscription-card.tsx";

/** What the account page shows to those who are signed in. */
export function AccountBilling() {
  return <SignedIn what="account">{(user) => <AccountOf key={user.id} user={user} />}</SignedIn>;
}

/** What was done on the page before. */
const doneNotes: Record<string, string> = {
  changed: "Your plan is changed.",
  scheduled: "Your change is noted. Until its day all stays as it is.",
  canceled: "Your plan is canceled.",
};

function AccountOf({ user }: { user: User }) {
  useFreshEmail(user);
  const { loaded, reload } = useLoad(loadAccount);
  const [search] = useSearchParams();
  const comesFrom = search.get("from");
  const done = usePassing("done");
  const [isTakenBack, setTakenBack] = useState(false);
  useOnReturn(reload);
  useReloadUntil(loaded.status !== "ready" || loaded.data.purchasesKnown, reload);
  const lookAgain = useLookAgain(reload);
  useEffect(() => {
    if (comesFrom) lookAgain();
  }, [comesFrom, lookAgain]);
  const keep = () => {
    setTakenBack(true);
    lookAgain();
  };

  return (
    <>
      {done && doneNotes[done] && !isTakenBack && <Notice tone="good">{doneNotes[done]}</Notice>}
      {loaded.status === "loading" && <Skeleton what="your account" cards={1} />}
      {loaded.status === "failed" && <LoadFailed what="Your account" isOurs={loaded.isOurs} retry={reload} />}
      {loaded.status === "ready" && <BillingOfPayers account={loaded.data} onKept={keep} />}
    </>
  );
}

/** Whoever manages the billing of organisations, too, chooses whose to look at. */
function BillingOfPayers({ account, onKept }: { account: Account; onKept: () => void }) {
  const payers = payersOf(account.customers);
  const own = ofPayer(account, payers[0] as Payer);
  const hasOwn = own.subscriptions.length > 0 || own.payments.length > 0;
  const [chosen, setChosen] = useState<string | undefined>(hasOwn ? undefined : payers[1]?.organizationId);
  const payer = payers.find(({ organizationId }) => organizationId === chosen) ?? (payers[0] as Payer);
  return (
    <>
      {payers.length > 1 && (
        <fieldset className="segmented payers">
          <legend className="visually-hidden">Whose billing</legend>
          {payers.map(({ organizationId, name }) => (
            <label key={organizationId ?? ""}>
              <input
                type="radio"
                name="payer"
                checked={organizationId === payer.organizationId}
                onChange={() => setChosen(organizationId)}
              />
              <span>{name}</span>
            </label>
          ))}
        </fieldset>
      )}
      <Billing key={payer.organizationId ?? ""} account={ofPayer(account, payer)} onKept={onKept} />
    </>
  );
}

function Billing({ account, onKept }: { account: Account; onKept: () => void }) {
  const { subscriptions, payments, customers, purchasesKnown, planOf, nextOf, titleOf } = account;
  const standing = subscriptions.filter(isStanding);
  const shown = standing.length > 0 ? standing : subscriptions.slice(0, 1);
  const hasBought = subscriptions.length > 0 || payments.length > 0;
  const hasPortal = hasBought && customers.some(({ user_id }) => user_id !== null);
  return (
    <>
      <Section
        id="plan"
        heading="Plan"
        action={hasPortal && <ButtonAccount className="button button-quiet button-small">Manage billing</ButtonAccount>}
      >
        <div className="stack" aria-live="polite">
          {shown.map((subscription) => (
            <SubscriptionCard
              key={subscription.id}
              subscription={subscription}
              due={paymentDueOf(subscription, payments)}
              customer={customers.find(({ id }) => id === subscription.customer_id)}
              next={nextOf(subscription)}
              onKept={onKept}
              {...planOf(subscription)}
            />
          ))}
          {standing.length === 0 && (purchasesKnown ? <NoPlan hadOne={shown.length > 0} /> : <StillReading />)}
        </div>
      </Section>
      <Section id="payments" heading="Payments">
        {payments.length > 0 ? (
          <PaymentTable payments={payments} titleOf={titleOf} />
        ) : standing.some(({ customer_id }) => customers.some(({ id }) => id === customer_id)) ? (
          <p className="card empty">
            Your first invoice is still being made, which takes an hour or two where it is sent to you. It appears here.
          </p>
        ) : !purchasesKnown ? (
          <p className="card empty">Your payments appear here when they have been read.</p>
        ) : (
          <p className="card empty">No payments yet. They appear here with their invoices and receipts.</p>
        )}
      </Section>
    </>
  );
}

function NoPlan({ hadOne }: { hadOne: boolean }) {
  return (
    <div className="card empty">
      <p>{hadOne ? "You have no plan at the moment." : "You have no plan yet."}</p>
      <Link href="/pricing" className="button">
        See the plans
      </Link>
    </div>
  );
}

function StillReading() {
  return (
    <div className="card empty">
      <p>We are still reading your purchases…</p>
      <p className="hint">If you have a plan, it appears here by itself, in a while.</p>
    </div>
  );
}

interface SectionProps {
  id: string;
  heading: string;
  action?: ReactNode;
  children: ReactNode;
}

function Section({ id, heading, action, children }: SectionProps) {
  return (
    <section aria-labelledby={id}>
      <div className="section-head">
        <h2 id={id}>{heading}</h2>
        {action && <div>{action}</div>}
      </div>
      {children}
    </section>
  );
}
