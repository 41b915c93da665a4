import { type ReactNode, useState } from "react";
import { type Buyer, holdingOf, itemOfGroup, type Trial, trialOf } from "../buyer.ts";
import { leastOf, savingOf } from "../cadence.ts";
import { choiceOfQuantity, type Price, type Product, type Shown } from "../catalogue.ts";
import { isOf, numberOf, within } from "../held-plan.ts";
import { isRecommended } from "../presentation.ts";
import { Badge } from "./notice.tsx";
import { OfferAction } from "./offer-action.tsx";
import { daysOf, PriceChoice, Terms } from "./offer-terms.tsx";
import { Stepper } from "./stepper.tsx";

/** What the visitor chose before signing in. */
export interface Chosen {
  priceId: string;
  quantity: number | undefined;
}

interface OfferCardProps {
  offer: Shown;
  chosen: Chosen | undefined;
  buyer: Buyer;
  /** All that are known of, to name what the buyer has. */
  products: Product[];
  prices: Price[];
}

/** Promises what Checkout does for this visitor, and nothing else. */
export function OfferCard({ offer, chosen, buyer, products, prices }: OfferCardProps) {
  const { product, fitting } = offer;
  const held = fitting[0]?.type === "recurring" ? holdingOf(buyer, product, products) : undefined;
  const wished = fitting.find(({ id }) => id === chosen?.priceId) ?? fitting.find((price) => held && isOf(held, price));
  const [priceId, setPriceId] = useState(wished?.id);
  const [number, setNumber] = useState(chosen?.priceId === wished?.id ? chosen?.quantity : undefined);
  const price = fitting.find(({ id }) => id === priceId) ?? fitting[0];
  if (!price) return null;

  const bounds = held ? undefined : choiceOfQuantity(price, product);
  const quantity = bounds ? within(bounds, number ?? bounds.least) : leastOf(price, product);
  const trial =
    price.type === "recurring" && price.unit_amount !== 0 && !held
      ? trialOf(price, buyer, product, products)
      : undefined;
  const item = held && itemOfGroup(held, product, products);
  const isHeld = held !== undefined && isOf(held, price);
  const isChosen = chosen?.priceId === price.id && !isHeld;
  const marks = marksOf({ price, offer, trial, isHeld, isChosen });
  return (
    <article className={`card plan ${marks.isMarked ? "plan-marked" : ""}`} id={isChosen ? "chosen" : undefined}>
      <header>
        <h3 dir="auto">{product.name}</h3>
        {marks.badges}
      </header>
      <p className="plan-description" dir="auto">
        {product.description}
      </p>
      <div className="stack">
        <Terms price={price} quantity={item ? numberOf(item, price, product) : quantity} trial={trial} />
        {fitting.length > 1 && <PriceChoice prices={fitting} chosen={price.id} onChoose={setPriceId} />}
        {bounds && <Stepper bounds={bounds} value={quantity} onChange={setNumber} />}
      </div>
      <div className="plan-action">
        <OfferAction
          price={price}
          quantity={bounds && quantity}
          product={product}
          trial={trial}
          signedIn={buyer.signedIn}
          held={
            held && {
              subscription: held,
              name: nameOf(item?.product_id, products),
              price: prices.find(({ id }) => id === item?.price_id),
            }
          }
        />
      </div>
      {product.marketing_features.length > 0 && (
        <ul className="features">
          {product.marketing_features.map((feature) => (
            <li key={feature} dir="auto">
              {feature}
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

const nameOf = (productId: string | null | undefined, products: Product[]) =>
  products.find(({ id }) => id === productId)?.name ?? "your plan";

interface MarksOf {
  price: Price;
  offer: Shown;
  trial: Trial;
  isHeld: boolean;
  isChosen: boolean;
}

/** What a card says in its corner; the visitor's own things before ours. */
function marksOf({ price, offer, trial, isHeld, isChosen }: MarksOf): { isMarked: boolean; badges: ReactNode } {
  const saving = savingOf(price, offer);
  const recommended = isRecommended(offer.product) && !isHeld && !isChosen;
  const own = isHeld ? "Your plan" : isChosen ? "Your choice" : recommended ? "Recommended" : undefined;
  const bonus = isHeld ? undefined : trial ? `${daysOf(trial)} free` : saving > 0 ? `Save ${saving}%` : undefined;
  const badges = (own || bonus) && (
    <span className="badges">
      {own && <Badge tone="good">{own}</Badge>}
      {bonus && <Badge tone="quiet">{bonus}</Badge>}
    </span>
  );
  return { isMarked: own !== undefined, badges };
}
