import { priceTag, tagOf } from "../catalogue.ts";
import type { Choice } from "../plan-change.ts";
import { Badge } from "./notice.tsx";

interface PlanChoiceProps {
  choices: Choice[];
  /** The id of a price. */
  chosen: string | undefined;
  onChoose: (priceId: string) => void;
}

/** The plans that a subscription can become, one of them chosen. */
export function PlanChoice({ choices, chosen, onChoose }: PlanChoiceProps) {
  return (
    <fieldset className="choices">
      <legend className="visually-hidden">Plans</legend>
      {choices.map(({ name, price, isHeld, quantity }) => {
        const { amount, per } = tagOf(price, quantity) ?? priceTag(price);
        return (
          <label key={price.id} className="choice">
            <input type="radio" name="plan" checked={price.id === chosen} onChange={() => onChoose(price.id)} />
            <span className="choice-name">
              <span dir="auto">{name}</span>
              {price.nickname && <span className="hint">{price.nickname}</span>}
              {isHeld && <Badge tone="good">Your plan</Badge>}
            </span>
            <span className="choice-price">
              <strong>{amount}</strong> <span>{per}</span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
