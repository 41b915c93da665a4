import { describeSubscription, type Subscription } from "../billing.ts";
import { type Price, priceTag } from "../catalogue.ts";
import { formatDay } from "../dates.ts";
import { Badge } from "./notice.tsx";

interface SubscriptionCardProps {
  subscription: Subscription;
  name: string;
  price: Price | undefined;
}

export function SubscriptionCard({ subscription, name, price }: SubscriptionCardProps) {
  const state = describeSubscription(subscription);
  const tag = price && priceTag(price);
  const quantity = subscription.quantity ?? 1;
  return (
    <article className={`card subscription ${subscription.is_live ? "" : "faded"}`}>
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
      {state.advice && <p className="advice">{state.advice}</p>}
    </article>
  );
}
