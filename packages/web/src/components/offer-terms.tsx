import type { Trial } from "../buyer.ts";
import { shareOfMonth } from "../cadence.ts";
import { type Price, priceTag } from "../catalogue.ts";
import { formatMoney } from "../money.ts";

interface TermsProps {
  price: Price;
  quantity: number;
  trial: Trial;
}

/** What is paid, how often, and what comes before. */
export function Terms({ price, quantity, trial }: TermsProps) {
  const { amount, per } = priceTag(price, quantity);
  const share = shareOfMonth(price, quantity);
  const { transform_quantity: packages } = price;
  return (
    <div>
      <p className="price">
        <strong>{amount.replace("\u00a0", " ")}</strong> <span>{per}</span>
      </p>
      {packages ? (
        <p className="hint">{`${priceTag(price).amount} for every ${packages.divide_by}`}</p>
      ) : (
        quantity > 1 &&
        price.unit_amount !== null && <p className="hint">{`${quantity} × ${priceTag(price).amount}`}</p>
      )}
      {share && <p className="hint">{`That is ${formatMoney(share, price.currency)} per month.`}</p>}
      {trial && (
        <p className="hint">
          {trial.needsAccount
            ? `The first ${daysOf(trial)} are free with an account, once per customer.`
            : `The first ${daysOf(trial)} are free, then you pay ${price.unit_amount === null ? "what Checkout shows" : `${amount} ${per}`}.`}
        </p>
      )}
    </div>
  );
}

export const daysOf = ({ days }: NonNullable<Trial>) => (days === 1 ? "1 day" : `${days} days`);

interface PriceChoiceProps {
  prices: Price[];
  /** The id of one of them. */
  chosen: string;
  onChoose: (priceId: string) => void;
}

/** The prices of one product that are paid equally often. */
export function PriceChoice({ prices, chosen, onChoose }: PriceChoiceProps) {
  return (
    <fieldset className="prices">
      <legend className="visually-hidden">What to buy</legend>
      {prices.map((price) => {
        const { amount, per } = priceTag(price);
        return (
          <label key={price.id}>
            <input
              type="radio"
              name={`price-of-${price.product_id}-${price.type}`}
              checked={price.id === chosen}
              onChange={() => onChoose(price.id)}
            />
            {price.nickname && <span>{price.nickname}</span>}
            <span className="price-of-choice">{`${amount} ${per}`}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
