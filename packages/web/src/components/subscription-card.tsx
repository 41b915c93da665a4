import type { NextPayment } from "@turnpike/core/plan-change/schema";
import { useCallback } from "react";
import { Link } from "wouter";
import type { NextPlan, Part } from "../account.ts";
import { type Customer, endsLater, isStanding, type Subscription } from "../billing.ts";
import { ButtonAccount } from "../buttons/button-account.tsx";
import { tagOf } from "../catalogue.ts";
import { formatDay } from "../dates.ts";
import { changeAddress, whyFixed } from "../held-plan.ts";
import { useLoad } from "../load.ts";
import { formatMoney } from "../money.ts";
import { loadNextPayment } from "../next-payment.ts";
import { type Payment, payPageOf } from "../payments.ts";
import { cancelAddress, counted, named } from "../plan-change.ts";
import { describeSubscription, stillCharged } from "../subscription-state.ts";
import { KeepButton } from "./keep-button.tsx";
import { NextPaymentLines } from "./next-payment-lines.tsx";
import { Badge } from "./notice.tsx";

interface SubscriptionCardProps {
  subscription: Subscription;
  name: string;
  parts: Part[];
  /** What it will become. */
  next: NextPlan | undefined;
  /** The payment that it waits for. */
  due: Payment | undefined;
  /** Absent: somebody else pays, and manages it. */
  customer: Customer | undefined;
  /** Called when what was to become of it was taken back. */
  onKept: () => void;
}

export function SubscriptionCard({ subscription, name, parts, next, due, customer, onKept }: SubscriptionCardProps) {
  const { isAsked, loaded: payment } = useNextPayment(subscription, customer, next);
  const state = describeSubscription(subscription, due, next?.kind === "change");
  const rest = stillCharged(subscription);
  return (
    <article className={`card subscription ${isStanding(subscription) ? "" : "faded"}`}>
      <header>
        <h3 dir="auto">{name}</h3>
        <Badge tone={state.tone}>{state.label}</Badge>
      </header>
      {parts.map((part) => (
        <PartLine key={part.id} part={part} named={parts.length > 1} />
      ))}
      {state.day && (
        <p>
          <span>{state.day.text}</span> <time dateTime={state.day.at}>{formatDay(state.day.at)}</time>
        </p>
      )}
      {next && <Next next={next} />}
      {isAsked && (
        <NextPaymentLines loaded={payment} soFar={parts.some(({ price }) => price?.usage_type === "metered")} />
      )}
      {customer && isStanding(subscription) && subscription.ends_at && (
        <p className="hint">
          {endsLater(subscription)
            ? "That day was agreed, and until then it is charged. Ask support to have it changed."
            : `You have it until then, and ${rest ? `only ${rest} is still` : "nothing more is"} charged.`}
        </p>
      )}
      {state.advice && <p className={`advice tone-${state.tone}`}>{state.advice}</p>}
      {!customer && (
        <p className="hint">Somebody else pays for this plan, and manages it. To have it changed, ask them.</p>
      )}
      {due && <PayNow due={due} confirm={subscription.status === "incomplete" || due.status === "action_required"} />}
      {customer && isStanding(subscription) && (
        <Manage
          subscription={subscription}
          customer={customer}
          name={name}
          paidBy={payment.status === "ready" ? payment.data : undefined}
          isFixed={
            endsLater(subscription) || (parts.length === 1 && whyFixed(subscription, parts[0]?.price) !== undefined)
          }
          keeps={(next !== undefined || subscription.ends_at !== null) && !endsLater(subscription)}
          onKept={onKept}
        />
      )}
    </article>
  );
}

/** What is paid next, where anything is. Stripe is asked again when anything that shows here has changed. */
function useNextPayment(subscription: Subscription, customer: Customer | undefined, next: NextPlan | undefined) {
  const { id, status, items, ends_at, current_period_end } = subscription;
  const organizationId = customer?.organization_id;
  const renews = ends_at === null || current_period_end === null || endsLater(subscription);
  const isAsked = customer !== undefined && isStanding(subscription) && status !== "incomplete" && renews;
  const shown = JSON.stringify([status, items, ends_at, current_period_end, next]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: Stripe is asked again when any of it has changed
  const load = useCallback(
    async () => (isAsked ? loadNextPayment(named(id, organizationId)) : undefined),
    [isAsked, id, organizationId, shown],
  );
  return { isAsked, ...useLoad(load) };
}

/** What one part of a subscription costs; of several, what each is. */
function PartLine({ part: { name, price, quantity }, named }: { part: Part; named: boolean }) {
  const tag = price && tagOf(price, quantity ?? 1);
  if (!named && !tag) return null;
  return (
    <p>
      {named && <span>{tag ? `${name}, ` : counted(quantity, name)}</span>}
      {tag && (
        <>
          <strong>{tag.amount}</strong> <span>{tag.per}</span>
        </>
      )}
    </p>
  );
}

function Next({ next: { kind, at, name, price, quantity } }: { next: NextPlan }) {
  const tag = price && tagOf(price, quantity ?? 1);
  const day = <time dateTime={at}>{formatDay(at)}</time>;
  const isSure = kind === "change";
  return (
    <p className={isSure ? undefined : "advice tone-busy"}>
      <span>Changes to</span> <strong>{name}</strong>
      <span>{`${tag ? `, ${tag.amount} ${tag.per},` : ""} ${isSure ? "on" : "when its invoice is paid, until"}`}</span>{" "}
      {day}
    </p>
  );
}

interface ManageProps {
  subscription: Subscription;
  customer: Customer;
  name: string;
  /** Unknown while Stripe is asked. */
  paidBy: Pick<NextPayment, "byInvoice" | "paymentMethod"> | undefined;
  /** It cannot be changed here. */
  isFixed: boolean;
  /** Something is to become of it that can be taken back. */
  keeps: boolean;
  onKept: () => void;
}

/** What is done oftenest; the rest of an organisation's is at the portal's front page. */
function Manage({ subscription, customer, name, paidBy, isFixed, keeps, onKept }: ManageProps) {
  const one = named(subscription.id, customer.organization_id);
  const quiet = "button button-quiet button-small";
  const runs = subscription.status === "active" || subscription.status === "trialing";
  return (
    <div className="subscription-actions">
      {keeps && (
        <KeepButton subscription={one} onKept={onKept} className="button button-small">{`Keep ${name}`}</KeepButton>
      )}
      {runs && !keeps && !isFixed && (
        <Link href={changeAddress(subscription.id)} className={quiet}>
          Change plan
        </Link>
      )}
      {!paidBy?.byInvoice && (
        <ButtonAccount {...one} className={quiet} flow={{ type: "payment_method_update" }}>
          {paidBy && !paidBy.paymentMethod ? "Add a card" : "Update card"}
        </ButtonAccount>
      )}
      {!subscription.ends_at && (
        <Link href={cancelAddress(subscription.id)} className={quiet}>
          Cancel plan
        </Link>
      )}
      {customer.organization_id && (
        <ButtonAccount {...one} className={quiet}>
          Manage for your organisation
        </ButtonAccount>
      )}
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
          <span>{confirm ? "Confirm the payment" : `Pay ${amount} now`}</span>
          <span className="visually-hidden"> (opens in a new tab)</span>
        </a>
      )}
      {due.next_payment_attempt && !confirm && (
        <p>
          We try again on <time dateTime={due.next_payment_attempt}>{formatDay(due.next_payment_attempt)}</time>
        </p>
      )}
      {due.due_date && (
        <p>
          <span>Due by</span> <time dateTime={due.due_date}>{formatDay(due.due_date)}</time>
        </p>
      )}
    </div>
  );
}
