import { useEffect, useState } from "react";
import { isStanding } from "../billing.ts";
import { type Buyer, holdingOf } from "../buyer.ts";
import { cadenceOf, cadencesOf, usualCadence } from "../cadence.ts";
import { type Catalogue, currenciesOf, fitting, type Offer, type Shown } from "../catalogue.ts";
import { currencyOfReader } from "../currency.ts";
import { isOf } from "../held-plan.ts";
import { Comparison } from "./comparison.tsx";
import { Notice } from "./notice.tsx";
import { OfferCard } from "./offer-card.tsx";
import { CadenceChoice, CurrencyChoice } from "./offer-choices.tsx";
import { Questions } from "./questions.tsx";

interface OffersProps {
  catalogue: Catalogue;
  /** What the visitor chose before signing in. */
  chosen: Choice | undefined;
  buyer: Buyer;
}

interface Choice {
  priceId: string;
  quantity: number | undefined;
  currency: string | undefined;
}

/** All that is on sale, as it is sold to this visitor. */
export function Offers({ catalogue, chosen, buyer }: OffersProps) {
  const { plans, oneTime, products, prices } = catalogue;
  const taste = useTaste(catalogue, chosen, buyer);

  useEffect(() => {
    if (chosen) document.getElementById("chosen")?.scrollIntoView({ block: "center" });
  }, [chosen]);

  if (plans.length === 0 && oneTime.length === 0)
    return buyer.purchasesKnown ? <NothingOnSale /> : <StillReadingOffers />;
  const isFree = ({ product }: Offer) => !holdingOf(buyer, product, products);
  const shownPlans = fitting(plans, taste, isFree);
  const shownOnce = fitting(oneTime, taste, () => true);
  const visit = { chosen, buyer, products, prices };
  const cadences = cadencesOf(shownPlans);
  const mayHaveMore = buyer.signedIn && !buyer.purchasesKnown && !buyer.subscriptions.some(isStanding);
  return (
    <>
      {mayHaveMore && (
        <Notice>We are still reading your purchases… If you have a plan, it appears here by itself, in a while.</Notice>
      )}
      {(cadences.length > 1 || taste.currencies.length > 1) && (
        <div className="choosing">
          {cadences.length > 1 && (
            <CadenceChoice cadences={cadences} cadence={taste.cadence} onChange={taste.setCadence} />
          )}
          {taste.currencies.length > 1 && (
            <CurrencyChoice currencies={taste.currencies} currency={taste.currency} onChange={taste.setCurrency} />
          )}
        </div>
      )}
      <Cards id="plans" heading="Plans" isQuiet offers={shownPlans} {...visit} />
      <Comparison products={shownPlans.map(({ product }) => product)} />
      <Cards id="one-time" heading="Pay once" offers={shownOnce} {...visit} />
      <Questions products={[...shownPlans, ...shownOnce].map(({ product }) => product)} />
    </>
  );
}

/**
 * The currency and the cadence to begin with: what the visitor has chosen, else what they pay already, else what is usual where they
 * are, or here. Who has a plan pays all others in its currency: https://docs.stripe.com/billing/customer#currency
 */
function useTaste({ plans, oneTime }: Catalogue, chosen: Choice | undefined, buyer: Buyer) {
  const prices = plans.flatMap((plan) => plan.prices);
  const offered = currenciesOf([...plans, ...oneTime]);
  const standing = buyer.subscriptions.find(isStanding);
  const known = (currency: string | undefined) => offered.find((each) => each === currency);
  const chosenPrice = prices.find(({ id }) => id === chosen?.priceId);
  const heldPrice = prices.find((price) => standing && isOf(standing, price));
  const first = chosenPrice ?? heldPrice;
  const [currency, setCurrency] = useState(
    known(standing?.currency) ??
      known(chosen?.currency ?? chosenPrice?.currency) ??
      known(currencyOfReader()) ??
      offered[0],
  );
  const [cadence, setCadence] = useState(first ? cadenceOf(first) : usualCadence(plans));
  return { currency, setCurrency, cadence, setCadence, currencies: standing ? [] : offered };
}

interface CardsProps {
  id: string;
  heading: string;
  /** It is for those who hear the page. */
  isQuiet?: boolean;
  offers: Shown[];
  chosen: Choice | undefined;
  buyer: Buyer;
  products: Catalogue["products"];
  prices: Catalogue["prices"];
}

function Cards({ id, heading, isQuiet, offers, ...visit }: CardsProps) {
  if (offers.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className={isQuiet ? "visually-hidden" : undefined}>
        {heading}
      </h2>
      <div className="plans">
        {offers.map((offer) => (
          <OfferCard key={offer.product.id} offer={offer} {...visit} />
        ))}
      </div>
    </section>
  );
}

function StillReadingOffers() {
  return (
    <div className="card empty" role="status">
      <p>We are still reading what is on sale… It appears here by itself, in a moment.</p>
    </div>
  );
}

function NothingOnSale() {
  return (
    <div className="card empty nothing-on-sale">
      <h2>Nothing is on sale yet</h2>
      <p>
        Is this your shop? Create a product with a price in your Stripe dashboard: it appears here as soon as Stripe's
        webhook has told us.
      </p>
    </div>
  );
}
