import type { CheckoutOutcome, CheckoutSummary } from "@turnpike/core/checkout/schema";
import type { ReactNode } from "react";
import { Link, useSearchParams } from "wouter";
import type { Tone } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { formatMoney } from "../money.ts";
import { signInPath } from "../next-path.ts";
import { type Purchase, usePurchase } from "../purchase.ts";
import { useSession } from "../session.tsx";

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
  const session = useSession();
  return (
    <div aria-live="polite">
      <PurchaseView
        purchase={session.status === "loading" ? { status: "loading" } : purchase}
        signedIn={session.status !== "signed-out"}
        retry={retry}
        next={`/success?${new URLSearchParams({ session_id: sessionId })}`}
      />
    </div>
  );
}

interface PurchaseViewProps {
  purchase: Purchase;
  signedIn: boolean;
  retry: () => void;
  /** Back to here, after signing in. */
  next: string;
}

function PurchaseView({ purchase, signedIn, retry, next }: PurchaseViewProps) {
  switch (purchase.status) {
    case "loading":
      return (
        <Outcome icon="busy" heading="Looking up your purchase…">
          This takes a moment.
        </Outcome>
      );
    case "known":
      return <SummaryView summary={purchase.summary} toSignUp={signedIn ? undefined : signInPath(next, "/sign-up")} />;
    case "signed-out":
      return (
        <Outcome icon="quiet" heading="Sign in to see this purchase" action={linkTo(signInPath(next), "Sign in")}>
          It belongs to an account. Sign in to that, and you see here where it stands.
        </Outcome>
      );
    case "not-found":
      return signedIn ? (
        <NotFound action={toAccount}>
          It does not belong to the account that you are signed in to. If you bought with another one, sign in to that.
        </NotFound>
      ) : (
        <NotFound action={toPricing}>There is none at this address. If the link is a copy, open the original.</NotFound>
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
          We got no answer about it. This says nothing about your payment: please do not pay twice.
        </Outcome>
      );
  }
}

const linkTo = (href: string, text: string) => (
  <Link href={href} className="button">
    {text}
  </Link>
);
const toAccount = linkTo("/account?from=checkout", "Go to your account");
const toPricing = linkTo("/pricing", "Back to pricing");

const outcomes: Record<CheckoutOutcome, { icon: Tone; heading: string; text: string; action: ReactNode }> = {
  complete: {
    icon: "good",
    heading: "Thank you, you are all set",
    text: "Your payment went through.",
    action: toAccount,
  },
  processing: {
    icon: "busy",
    heading: "Your payment is on its way",
    text: "Your bank is still working on it; with some it takes a few days. This page tells you as soon as it is through.",
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

/** `toSignUp`: where a guest makes an account. */
function SummaryView({ summary, toSignUp }: { summary: CheckoutSummary; toSignUp: string | undefined }) {
  const { icon, heading, text, action } = outcomes[summary.status];
  const bought = summary.status === "complete" || summary.status === "processing";
  const free = summary.status === "complete" && summary.amountTotal === 0;
  const kept = toSignUp
    ? "Create an account with the e-mail that you gave, or sign in to yours: the purchase is in it."
    : "You find it in your account.";
  return (
    <Outcome
      icon={icon}
      heading={heading}
      action={bought && toSignUp ? linkTo(toSignUp, "Create an account") : action}
      details={bought && summary.items.length > 0 && <Items summary={summary} total={free ? "Paid today" : "Total"} />}
    >
      <span>{`${free ? "There was nothing to pay today." : text} ${bought ? kept : ""}`}</span>
      {summary.receiptUrl && (
        <>
          {" "}
          <a href={summary.receiptUrl} target="_blank" rel="noreferrer">
            Receipt<span className="visually-hidden"> (opens in a new tab)</span>
          </a>
        </>
      )}
    </Outcome>
  );
}

/** `total`: what the last line is called. Before a trial each item shows what it will cost. */
function Items({ summary, total }: { summary: CheckoutSummary; total: string }) {
  const money = (amount: number | null) =>
    amount === null || summary.currency === null ? "–" : formatMoney(amount, summary.currency);
  return (
    <dl className="bill">
      {summary.items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a summary's items never change places, and have no id
        <div key={index}>
          <dt>{item.quantity > 1 ? `${item.description} × ${item.quantity}` : item.description}</dt>
          <dd>{money(item.amountTotal)}</dd>
        </div>
      ))}
      <div className="bill-total">
        <dt>{total}</dt>
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
