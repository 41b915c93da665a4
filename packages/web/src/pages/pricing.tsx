import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { loadSubscriptions, type Subscription } from "../billing.ts";
import { brand } from "../brand.ts";
import { type Catalogue, cadenceOf, cadencesOf, loadCatalogue, priceAt } from "../catalogue.ts";
import { LoadFailed, Notice, Skeleton } from "../components/notice.tsx";
import { type Buyer, OfferCard } from "../components/offer-card.tsx";
import { Page } from "../components/page.tsx";
import { useLoad, useOnReturn } from "../load.ts";
import { useSession } from "../session.tsx";

/** What is on sale, and what the visitor has of it. `?price=` is a choice carried through sign-up. */
export function PricingPage() {
  const session = useSession();
  const [search] = useSearchParams();
  const { loaded, reload } = useLoad(loadCatalogue);
  return (
    <Page title="Pricing">
      <div className="hero">
        <h1>{brand.headline}</h1>
        <p className="lead">{brand.tagline}</p>
      </div>
      {search.get("canceled") && <Notice>Checkout was canceled. You have not been charged.</Notice>}
      {loaded.status === "failed" ? (
        <LoadFailed what="The plans" retry={reload} />
      ) : loaded.status === "loading" || session.status === "loading" ? (
        <LoadingOffers />
      ) : (
        <OffersFor
          key={session.status === "signed-in" ? session.user.id : "guest"}
          signedIn={session.status === "signed-in"}
          catalogue={loaded.data}
          chosen={search.get("price")}
        />
      )}
    </Page>
  );
}

interface OffersProps {
  catalogue: Catalogue;
  chosen: string | null;
}

const loadNothing = async (): Promise<Subscription[]> => [];

/** Waits for what the visitor has already: until then it is not known what may be sold. */
function OffersFor({ signedIn, ...offers }: OffersProps & { signedIn: boolean }) {
  const { loaded, reload } = useLoad(signedIn ? loadSubscriptions : loadNothing);
  useOnReturn(reload);
  if (loaded.status === "loading") return <LoadingOffers />;
  if (loaded.status === "failed") return <LoadFailed what="Your plan" retry={reload} />;
  return (
    <Offers
      {...offers}
      buyer={{ signedIn, subscriptions: loaded.data.filter((subscription) => subscription.is_live) }}
    />
  );
}

function LoadingOffers() {
  return <Skeleton what="the plans" cards={3} />;
}

function Offers({ catalogue, chosen, buyer }: OffersProps & { buyer: Buyer }) {
  const { plans, oneTime } = catalogue;
  const cadences = cadencesOf(plans);
  const chosenPrice = plans.flatMap((plan) => plan.prices).find((price) => price.id === chosen);
  const [cadence, setCadence] = useState(chosenPrice ? cadenceOf(chosenPrice) : cadences[0]);

  useEffect(() => {
    if (chosen) document.getElementById("chosen")?.scrollIntoView({ block: "center" });
  }, [chosen]);

  if (plans.length === 0 && oneTime.length === 0) return <NothingOnSale />;
  return (
    <>
      {cadences.length > 1 && <CadenceChoice cadences={cadences} cadence={cadence} onChange={setCadence} />}
      {plans.length > 0 && (
        <section className="plans" aria-label="Plans">
          {plans.map((plan) => {
            const price = priceAt(plan, cadence);
            return (
              price && <OfferCard key={plan.product.id} offer={plan} price={price} chosen={chosen} buyer={buyer} />
            );
          })}
        </section>
      )}
      {oneTime.length > 0 && (
        <section aria-labelledby="one-time">
          <h2 id="one-time">Pay once</h2>
          <div className="plans">
            {oneTime.map((offer) => {
              const price = offer.prices[0];
              return price && <OfferCard key={price.id} offer={offer} price={price} chosen={chosen} buyer={buyer} />;
            })}
          </div>
        </section>
      )}
    </>
  );
}

interface CadenceChoiceProps {
  cadences: string[];
  cadence: string | undefined;
  onChange: (cadence: string) => void;
}

function CadenceChoice({ cadences, cadence, onChange }: CadenceChoiceProps) {
  return (
    <fieldset className="segmented">
      <legend className="visually-hidden">How often to pay</legend>
      {cadences.map((option) => (
        <label key={option}>
          <input type="radio" name="cadence" checked={option === cadence} onChange={() => onChange(option)} />
          {option}
        </label>
      ))}
    </fieldset>
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
