import type { CheckoutOutcome, CheckoutSummary } from "@turnpike/core/checkout/schema";
import type { ReactNode } from "react";
import { Link, useSearchParams } from "wouter";
import type { Tone } from "../billing.ts";
import { Page } from "../components/page.tsx";
import { formatMoney } from "../money.ts";
import { signInPath } from "../next-path.ts";
import { type Purchase, usePurchase } from "../purchase.ts";

/** Where Stripe's checkout leads back to. It says what the back end found out, and nothing before that. */
export function SuccessPage() {
  const [search] = useSearchParams();
  const sessionId = search.get("session_id");
  return (
    <Page title="Your purchase" narrow>
      {sessionId ? (
        <PurchaseById key={sessionId} sessionId={sessionId} />
      ) : (
        <NotFound action={toPricing}>The link is not complete. Open it again from where you got it.</NotFound>
      )}
    </Page>
  );
}

function PurchaseById({ sessionId }: { sessionId: string }) {
  const { purchase, retry } = usePurchase(sessionId);
  return (
    <div aria-live="polite">
      <PurchaseView
        purchase={purchase}
        retry={retry}
        next={`/success?${new URLSearchParams({ session_id: sessionId })}`}
      />
    </div>
  );
}

function PurchaseView({ purchase, retry, next }: { purchase: Purchase; retry: () => void; next: string }) {
  switch (purchase.status) {
    case "loading":
      return (
        <Outcome icon="busy" heading="Looking up your purchase…">
          This takes a moment.
        </Outcome>
      );
    case "known":
      return <SummaryView summary={purchase.summary} />;
    case "signed-out":
      return (
        <Outcome
          icon="quiet"
          heading="Thank you for your order"
          action={
            <Link href={signInPath(next)} className="button">
              Sign in
            </Link>
          }
        >
          When your payment has gone through, the receipt comes by e-mail. If you have an account, sign in to see the
          purchase here.
        </Outcome>
      );
    case "not-found":
      return (
        <NotFound action={toAccount}>
          It does not belong to the account that you are signed in to. If you bought with another one, sign in to that.
        </NotFound>
      );
    case "unreachable":
      return (
        <Outcome
          icon="bad"
          heading="We could not look up your purchase"
          action={
            <button type="button" className="button" onClick={retry}>
              Try again
            </button>
          }
        >
          The server did not answer. This says nothing about your payment: please do not pay twice.
        </Outcome>
      );
  }
}

const toAccount = (
  <Link href="/account?from=checkout" className="button">
    Go to your account
  </Link>
);
const toPricing = (
  <Link href="/pricing" className="button">
    Back to pricing
  </Link>
);

const outcomes: Record<CheckoutOutcome, { icon: Tone; heading: string; text: string; action: ReactNode }> = {
  complete: {
    icon: "good",
    heading: "Thank you, you are all set",
    text: "Your payment went through. The receipt comes by e-mail.",
    action: toAccount,
  },
  processing: {
    icon: "busy",
    heading: "Your payment is on its way",
    text: "Your bank is still working on it; with some it takes a few days. This page tells you as soon as it is through. You may close it: your account will show it too.",
    action: toAccount,
  },
  open: {
    icon: "quiet",
    heading: "This checkout is not finished",
    text: "You have not been charged. Pick your plan again to go on where you left.",
    action: toPricing,
  },
  failed: {
    icon: "bad",
    heading: "The payment did not go through",
    text: "Your bank turned it down, and you have not been charged. Try again with another card or account.",
    action: toPricing,
  },
  expired: {
    icon: "quiet",
    heading: "This checkout has expired",
    text: "It was open for too long. You have not been charged; start again whenever you like.",
    action: toPricing,
  },
};

function SummaryView({ summary }: { summary: CheckoutSummary }) {
  const { icon, heading, text, action } = outcomes[summary.status];
  const bought = summary.status === "complete" || summary.status === "processing";
  const free = summary.status === "complete" && summary.amountTotal === 0;
  return (
    <Outcome
      icon={icon}
      heading={heading}
      action={action}
      details={bought && summary.items.length > 0 && <Items summary={summary} />}
    >
      {free ? "There was nothing to pay today." : text}
    </Outcome>
  );
}

function Items({ summary }: { summary: CheckoutSummary }) {
  const money = (amount: number | null) =>
    amount === null || summary.currency === null ? "–" : formatMoney(amount, summary.currency);
  return (
    <dl className="bill">
      {summary.items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a summary's items never change places, and have no id
        <div key={index}>
          <dt>
            {item.description}
            {item.quantity > 1 && ` × ${item.quantity}`}
          </dt>
          <dd>{money(item.amountTotal)}</dd>
        </div>
      ))}
      <div className="bill-total">
        <dt>Total</dt>
        <dd>{money(summary.amountTotal)}</dd>
      </div>
    </dl>
  );
}

function NotFound({ action, children }: { action: ReactNode; children: ReactNode }) {
  return (
    <Outcome icon="quiet" heading="We cannot find this purchase" action={action}>
      {children}
    </Outcome>
  );
}

interface OutcomeProps {
  icon: Tone;
  heading: string;
  children: ReactNode;
  details?: ReactNode;
  action?: ReactNode;
}

const icons: Record<Tone, string> = {
  good: "M6 12.5l4 4 8-9",
  bad: "M8 8l8 8M16 8l-8 8",
  busy: "",
  quiet: "M12 11v7M12 6.5h.01",
};

function Outcome({ icon, heading, children, details, action }: OutcomeProps) {
  return (
    <div className="outcome">
      <span className={`outcome-icon tone-${icon}`} aria-hidden="true">
        {icon === "busy" ? (
          <span className="spinner" />
        ) : (
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={icons[icon]} />
          </svg>
        )}
      </span>
      <h1>{heading}</h1>
      <p className="lead">{children}</p>
      {details}
      {action && <p>{action}</p>}
    </div>
  );
}
