import { Link } from "wouter";
import type { Subscription } from "../billing.ts";
import { type Offer, type Price, priceTag, savingOf } from "../catalogue.ts";
import { signInPath } from "../next-path.ts";
import { ButtonAccount } from "./button-account.tsx";
import { ButtonCheckout } from "./button-checkout.tsx";
import { FormCheckout } from "./form-checkout.tsx";
import { Badge } from "./notice.tsx";

export interface Buyer {
  signedIn: boolean;
  /** Those that stand. */
  subscriptions: Subscription[];
}

interface OfferCardProps {
  offer: Offer;
  /** The one of the offer's prices to show. */
  price: Price;
  /** The id of the price that the visitor chose before signing in. */
  chosen: string | null;
  buyer: Buyer;
}

export function OfferCard({ offer, price, chosen, buyer }: OfferCardProps) {
  const { product } = offer;
  const tag = priceTag(price);
  const owned = price.type === "recurring" && buyer.subscriptions.some((own) => own.product_id === product.id);
  const bonus = bonusOf(price, offer);
  const isChosen = chosen === price.id && !owned;
  return (
    <article className={`card plan ${isChosen || owned ? "plan-marked" : ""}`} id={isChosen ? "chosen" : undefined}>
      <header>
        <h3>{product.name}</h3>
        {owned ? (
          <Badge tone="good">Your plan</Badge>
        ) : isChosen ? (
          <Badge tone="good">Your choice</Badge>
        ) : (
          bonus && <Badge tone="quiet">{bonus}</Badge>
        )}
      </header>
      <p className="plan-description">{product.description}</p>
      <p className="price">
        <strong>{tag.amount}</strong> <span>{tag.per}</span>
      </p>
      <div className="plan-action">
        <Buy price={price} productName={product.name} owned={owned} buyer={buyer} />
      </div>
      {product.marketing_features.length > 0 && (
        <ul className="features">
          {product.marketing_features.map((feature) => (
            <li key={feature}>{feature}</li>
          ))}
        </ul>
      )}
    </article>
  );
}

function bonusOf(price: Price, offer: Offer): string | undefined {
  const saving = savingOf(price, offer);
  if (price.trial_period_days) return `${price.trial_period_days} days free`;
  return saving > 0 ? `Save ${saving}%` : undefined;
}

interface BuyProps {
  price: Price;
  productName: string;
  owned: boolean;
  buyer: Buyer;
}

function Buy({ price, productName, owned, buyer }: BuyProps) {
  if (price.type === "one_time") {
    return (
      <ButtonCheckout priceId={price.id} mode="payment">
        Buy <span className="visually-hidden">{productName}</span>
      </ButtonCheckout>
    );
  }
  if (owned) return <ButtonAccount className="button button-quiet">Manage plan</ButtonAccount>;
  // Another plan is a change of the one that stands, not a second subscription: Stripe's portal prorates it.
  if (buyer.subscriptions.length > 0) {
    return (
      <ButtonAccount className="button button-quiet">
        Switch plan<span className="visually-hidden"> to {productName}</span>
      </ButtonAccount>
    );
  }
  const label = (
    <>
      {price.trial_period_days ? "Start free trial" : "Subscribe"}
      <span className="visually-hidden"> to {productName}</span>
    </>
  );
  if (buyer.signedIn) return <FormCheckout priceId={price.id}>{label}</FormCheckout>;
  return (
    <Link href={signInPath(`/pricing?${new URLSearchParams({ price: price.id })}`, "/sign-up")} className="button">
      {label}
    </Link>
  );
}
