import type { NextPlan } from "../account.ts";
import {
  type Customer,
  describeSubscription,
  isStanding,
  type Payment,
  payPageOf,
  type Subscription,
} from "../billing.ts";
import { type Price, priceTag } from "../catalogue.ts";
import { formatDay } from "../dates.ts";
import { formatMoney } from "../money.ts";
import { ButtonAccount } from "./button-account.tsx";
import { Badge } from "./notice.tsx";

interface SubscriptionCardProps {
  subscription: Subscription;
  name: string;
  price: Price | undefined;
  /** What it will become. */
  next: NextPlan | undefined;
  /** The payment that it waits for. */
  due: Payment | undefined;
  /** Absent: somebody else pays, and manages it. */
  customer: Customer | undefined;
}

export function SubscriptionCard({ subscription, name, price, next, due, customer }: SubscriptionCardProps) {
  const state = describeSubscription(subscription);
  const tag = price && priceTag(price);
  const quantity = subscription.quantity ?? 1;
  return (
    <article className={`card subscription ${isStanding(subscription) ? "" : "faded"}`}>
      <header>
        <h3>{name}</h3>
        <Badge tone={state.tone}>{state.label}</Badge>
      </header>
      {tag && (
        <p>
          {quantity > 1 && `${quantity} × `}
          <strong>{tag.amount}</strong> {tag.per}
        </p>
      )}
      {state.day && (
        <p>
          {state.day.text} <time dateTime={state.day.at}>{formatDay(state.day.at)}</time>
        </p>
      )}
      {next && <Next next={next} />}
      {state.advice && <p className={`advice tone-${state.tone}`}>{state.advice}</p>}
      {!customer && <p className="hint">Somebody else pays for this plan, and manages it.</p>}
      {due && <PayNow due={due} confirm={subscription.status === "incomplete"} />}
      {customer && isStanding(subscription) && <Manage subscription={subscription} customer={customer} />}
    </article>
  );
}

function Next({ next: { kind, at, name, price, quantity } }: { next: NextPlan }) {
  const tag = price && priceTag(price);
  const day = <time dateTime={at}>{formatDay(at)}</time>;
  const plan = (
    <>
      <strong>{name}</strong>
      {tag && `, ${(quantity ?? 1) > 1 ? `${quantity} × ` : ""}${tag.amount} ${tag.per},`}
    </>
  );
  return kind === "change" ? (
    <p>
      Changes to {plan} on {day}
    </p>
  ) : (
    <p className="advice tone-busy">
      Changes to {plan} when its invoice is paid, until {day}
    </p>
  );
}

/** What is done oftenest, each at its own page; the rest of an organisation's is at the portal's front page. */
function Manage({ subscription, customer }: { subscription: Subscription; customer: Customer }) {
  const of = {
    subscriptionId: subscription.id,
    organizationId: customer.organization_id ?? undefined,
    className: "button button-quiet button-small",
  };
  return (
    <div className="subscription-actions">
      <ButtonAccount {...of} flow={{ type: "payment_method_update" }}>
        Update card
      </ButtonAccount>
      {!subscription.ends_at && (
        <ButtonAccount {...of} flow={{ type: "subscription_cancel" }}>
          Cancel plan
        </ButtonAccount>
      )}
      {customer.organization_id && <ButtonAccount {...of}>Manage for your organisation</ButtonAccount>}
    </div>
  );
}

function PayNow({ due, confirm }: { due: Payment; confirm: boolean }) {
  const page = payPageOf(due);
  const amount = due.amount !== null && due.currency !== null ? formatMoney(due.amount, due.currency) : "";
  return (
    <div className="pay-now">
      {page && (
        <a className="button button-small" href={page} target="_blank" rel="noreferrer">
          {confirm ? "Confirm the payment" : `Pay ${amount} now`}
          <span className="visually-hidden"> (opens in a new tab)</span>
        </a>
      )}
      {due.next_payment_attempt && (
        <p>
          We try again on <time dateTime={due.next_payment_attempt}>{formatDay(due.next_payment_attempt)}</time>
        </p>
      )}
    </div>
  );
}
