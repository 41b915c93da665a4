import { Link } from "wouter";
import { endsLater, type Subscription } from "../billing.ts";
import { ButtonCheckout } from "../buttons/button-checkout.tsx";
import type { Trial } from "../buyer.ts";
import { cadenceOf } from "../cadence.ts";
import type { Price, Product } from "../catalogue.ts";
import { checkoutAddress, EMBEDS_CHECKOUT } from "../checkout-address.ts";
import { changeAddress, isOf, whyFixed, whyNotTo } from "../held-plan.ts";
import { signInPath } from "../next-path.ts";
import { FormCheckout } from "./form-checkout.tsx";

interface OfferActionProps {
  price: Price;
  /** Absent where there is no choice: then it is as many as are sold at least. */
  quantity: number | undefined;
  product: Product;
  trial: Trial;
  signedIn: boolean;
  /** In the place of which another one of the group would stand. */
  held: Held | undefined;
}

interface Held {
  subscription: Subscription;
  /** Of what it holds of the group. */
  name: string;
  /** Unknown once it is archived. */
  price: Price | undefined;
}

/** What can be done about an offer: buy it, subscribe to it, or change to it. */
export function OfferAction({ held, ...offer }: OfferActionProps) {
  const { price, quantity, product } = offer;
  if (price.type !== "recurring") {
    if (EMBEDS_CHECKOUT) {
      return (
        <Link
          href={checkoutAddress({ priceId: price.id, mode: "payment", quantity, currency: price.currency })}
          className="button"
        >
          Buy <span className="visually-hidden">{product.name}</span>
        </Link>
      );
    }
    return (
      <ButtonCheckout priceId={price.id} mode="payment" quantity={quantity} currency={price.currency}>
        Buy <span className="visually-hidden">{product.name}</span>
      </ButtonCheckout>
    );
  }
  return held ? <Change held={held} price={price} product={product} /> : <Subscribe {...offer} />;
}

/** In the place of a second subscription of the same group, which Checkout does not sell: a change of the one that is held. */
function Change({
  held: { subscription, name, price: heldPrice },
  price,
  product,
}: {
  held: Held;
  price: Price;
  product: Product;
}) {
  const owned = subscription.items.some(({ product_id }) => product_id === product.id);
  if (subscription.status === "incomplete") {
    return (
      <Link href="/account" className="button button-quiet">
        Finish the payment<span className="visually-hidden"> of {name}</span>
      </Link>
    );
  }
  if (subscription.status !== "active" && subscription.status !== "trialing" && subscription.status !== "paused") {
    return (
      <>
        <Link href="/account" className="button">
          Pay what is due<span className="visually-hidden"> for {name}</span>
        </Link>
        <p className="hint">{`The last payment for ${name} is not through. Pay it first; then you can change your plan.`}</p>
      </>
    );
  }
  const manage = (
    <Link href="/account" className="button button-quiet">
      {owned ? "Manage plan" : `Manage ${name}`}
    </Link>
  );
  if (isOf(subscription, price)) return manage;
  if (subscription.ends_at) {
    return (
      <>
        {manage}
        <p className="hint">
          {endsLater(subscription)
            ? `You have ${name}, which ends on a day that was agreed. Ask support to change to this.`
            : `You have ${name}, which is about to end. Keep it first, to change it.`}
        </p>
      </>
    );
  }
  const fixed = whyFixed(subscription, heldPrice) ?? whyNotTo(subscription, price);
  if (fixed) {
    return (
      <>
        {manage}
        <p className="hint">{`You have ${name}. ${fixed} Ask support to change to this.`}</p>
      </>
    );
  }
  return (
    <>
      <Link href={changeAddress(subscription.id, { priceId: price.id })} className="button">
        {owned ? `Switch to ${price.nickname ?? cadenceOf(price).toLowerCase()}` : `Switch to ${product.name}`}
      </Link>
      <p className="hint">{`You have ${name}. The next page says what the change costs, before you confirm it.`}</p>
    </>
  );
}

function Subscribe({ price, quantity, product, trial, signedIn }: Omit<OfferActionProps, "held">) {
  const label = (
    <>
      <span>{trial ? "Start free trial" : "Subscribe"}</span>
      <span className="visually-hidden"> to {product.name}</span>
    </>
  );
  if (signedIn && EMBEDS_CHECKOUT) {
    return (
      <Link
        href={checkoutAddress({ priceId: price.id, mode: "subscription", quantity, currency: price.currency })}
        className="button"
      >
        {label}
      </Link>
    );
  }
  if (signedIn) {
    return (
      <FormCheckout priceId={price.id} quantity={quantity} currency={price.currency}>
        {label}
      </FormCheckout>
    );
  }
  const choice = new URLSearchParams({
    price: price.id,
    currency: price.currency,
    ...(quantity && { quantity: `${quantity}` }),
  });
  return (
    <Link href={signInPath(`/pricing?${choice}`, "/sign-up")} className="button">
      {label}
    </Link>
  );
}
