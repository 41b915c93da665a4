import { Link } from "wouter";
import type { Subscription } from "../billing.ts";
import { type Buyer, holdingOf, itemOfGroup, type Trial, trialOf } from "../buyer.ts";
import { cadenceOf, type Offer, type Price, type Product, priceTag, savingOf } from "../catalogue.ts";
import { signInPath } from "../next-path.ts";
import { changeAddress, isOf } from "../plan-change.ts";
import { ButtonCheckout } from "./button-checkout.tsx";
import { FormCheckout } from "./form-checkout.tsx";
import { Badge } from "./notice.tsx";

interface OfferCardProps {
  offer: Offer;
  /** The one of the offer's prices to show. */
  price: Price;
  /** The id of the price that the visitor chose before signing in. */
  chosen: string | null;
  buyer: Buyer;
  /** All that is known of, to name what the buyer has. */
  products: Product[];
}

/** Promises what Checkout does for this visitor, and nothing else. */
export function OfferCard({ offer, price, chosen, buyer, products }: OfferCardProps) {
  const { product } = offer;
  const isPlan = price.type === "recurring";
  const held = isPlan ? holdingOf(buyer, product, products) : undefined;
  const owned = held?.items.some(({ product_id }) => product_id === product.id) ?? false;
  const trial = isPlan && !held ? trialOf(price, buyer, product, products) : undefined;
  const isHeld = held !== undefined && isOf(held, price);
  const isChosen = chosen === price.id && !isHeld;
  const heldId = held && itemOfGroup(held, product, products)?.product_id;
  const heldName = products.find(({ id }) => id === heldId)?.name ?? "your plan";
  return (
    <article className={`card plan ${isChosen || isHeld ? "plan-marked" : ""}`} id={isChosen ? "chosen" : undefined}>
      <header>
        <h3>{product.name}</h3>
        <Mark isHeld={isHeld} isChosen={isChosen} bonus={bonusOf(price, offer, trial)} />
      </header>
      <p className="plan-description">{product.description}</p>
      <Terms price={price} trial={trial} />
      <div className="plan-action">
        {!isPlan ? (
          <ButtonCheckout priceId={price.id} mode="payment">
            Buy <span className="visually-hidden">{product.name}</span>
          </ButtonCheckout>
        ) : held ? (
          <Change
            held={held}
            heldName={heldName}
            isHeld={isHeld}
            owned={owned}
            price={price}
            productName={product.name}
          />
        ) : (
          <Subscribe price={price} productName={product.name} trial={trial} signedIn={buyer.signedIn} />
        )}
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

function Mark({ isHeld, isChosen, bonus }: { isHeld: boolean; isChosen: boolean; bonus: string | undefined }) {
  if (isHeld) return <Badge tone="good">Your plan</Badge>;
  if (isChosen) return <Badge tone="good">Your choice</Badge>;
  return bonus && <Badge tone="quiet">{bonus}</Badge>;
}

function bonusOf(price: Price, offer: Offer, trial: Trial): string | undefined {
  const saving = savingOf(price, offer);
  if (trial) return `${daysOf(trial)} free`;
  return saving > 0 ? `Save ${saving}%` : undefined;
}

const daysOf = ({ days }: NonNullable<Trial>) => (days === 1 ? "1 day" : `${days} days`);

function Terms({ price, trial }: { price: Price; trial: Trial }) {
  const { amount, per } = priceTag(price);
  return (
    <div>
      <p className="price">
        <strong>{amount}</strong> <span>{per}</span>
      </p>
      {trial && (
        <p className="hint">
          {trial.needsAccount
            ? `The first ${daysOf(trial)} are free with an account, once per customer.`
            : `The first ${daysOf(trial)} are free, then you pay ${amount} ${per}.`}
        </p>
      )}
    </div>
  );
}

interface ChangeProps {
  held: Subscription;
  heldName: string;
  /** Of just this price. */
  isHeld: boolean;
  /** Of this product, at whichever price. */
  owned: boolean;
  price: Price;
  productName: string;
}

/** In the place of a second subscription of the same group, which Checkout does not sell: a change of the one that is held. */
function Change({ held, heldName, isHeld, owned, price, productName }: ChangeProps) {
  if (held.status === "incomplete") {
    return (
      <Link href="/account" className="button button-quiet">
        Finish the payment<span className="visually-hidden"> of {heldName}</span>
      </Link>
    );
  }
  const manage = (
    <Link href="/account" className="button button-quiet">
      {owned ? "Manage plan" : `Manage ${heldName}`}
    </Link>
  );
  if (isHeld) return manage;
  const obstacle = obstacleTo(held, price);
  if (obstacle) {
    return (
      <>
        {manage}
        <p className="hint">{`You have ${heldName}${obstacle}`}</p>
      </>
    );
  }
  return (
    <>
      <Link href={changeAddress(held.id, { priceId: price.id })} className="button">
        {owned ? `Switch to ${cadenceOf(price).toLowerCase()}` : `Switch to ${productName}`}
      </Link>
      <p className="hint">{`You have ${heldName}. The next page says what the change costs, before you confirm it.`}</p>
    </>
  );
}

/** Why a subscription cannot be changed to a price; the server knows all reasons, this page the commonest. */
function obstacleTo({ ends_at, currency }: Subscription, price: Price): string | undefined {
  if (ends_at) return ", which is about to end. Keep it first, to change it.";
  if (currency !== price.currency) return ", paid in another currency. Ask support to change it.";
  return undefined;
}

interface SubscribeProps {
  price: Price;
  productName: string;
  trial: Trial;
  signedIn: boolean;
}

function Subscribe({ price, productName, trial, signedIn }: SubscribeProps) {
  const label = (
    <>
      <span>{trial ? "Start free trial" : "Subscribe"}</span>
      <span className="visually-hidden"> to {productName}</span>
    </>
  );
  if (signedIn) return <FormCheckout priceId={price.id}>{label}</FormCheckout>;
  return (
    <Link href={signInPath(`/pricing?${new URLSearchParams({ price: price.id })}`, "/sign-up")} className="button">
      {label}
    </Link>
  );
}
