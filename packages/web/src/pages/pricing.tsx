import { useCallback, useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import { isStanding, loadOwnSubscriptions } from "../billing.ts";
import { brand } from "../brand.ts";
import type { Buyer } from "../buyer.ts";
import { type Catalogue, cadenceOf, cadencesOf, loadCatalogue, priceAt } from "../catalogue.ts";
import { loadPurchasesKnown, useReloadUntil } from "../completeness.ts";
import { LoadFailed, Notice, Skeleton } from "../components/notice.tsx";
import { OfferCard } from "../components/offer-card.tsx";
import { Page } from "../components/page.tsx";
import { useLoad, useOnReturn } from "../load.ts";
import { usePassing } from "../passing.ts";
import { describeProblem, referenceOf } from "../problem.ts";
import { useSession } from "../session.tsx";

/**
 * What is on sale, and what the visitor has of it. `?price=` is a choice carried through sign-up; `?canceled=` and `?problem=` say
 * why the visitor is back.
 */
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
      <WhyBack />
      {loaded.status === "failed" ? (
        <LoadFailed what="The plans" retry={reload} />
      ) : loaded.status === "loading" || session.status === "loading" ? (
        <LoadingOffers />
      ) : (
        <OffersFor
          key={session.status === "signed-in" ? session.user.id : "guest"}
          userId={session.status === "signed-in" ? session.user.id : undefined}
          catalogue={loaded.data}
          chosen={search.get("price")}
        />
      )}
    </Page>
  );
}

function WhyBack() {
  const canceled = usePassing("canceled");
  const problem = usePassing("problem");
  const reference = referenceOf(usePassing("reference"));
  if (canceled) return <Notice>Checkout was canceled. You have not been charged.</Notice>;
  if (!problem) return null;
  return (
    <Notice tone="bad">
      <p>
        {describeProblem(problem)}
        {reference && (
          <>
            {" "}
            If it happens again, tell support the reference <code>{reference}</code>.
          </>
        )}
      </p>
    </Notice>
  );
}

interface OffersProps {
  catalogue: Catalogue;
  chosen: string | null;
}

/** Waits for what the visitor has already: until then it is not known what may be sold. */
function OffersFor({ userId, ...offers }: OffersProps & { userId: string | undefined }) {
  const load = useCallback(async (): Promise<Buyer> => {
    // Asked first: what is read while the subscriptions are loaded is missing in them.
    const purchasesKnown = await loadPurchasesKnown();
    return {
      signedIn: userId !== undefined,
      subscriptions: userId ? await loadOwnSubscriptions(userId) : [],
      purchasesKnown,
    };
  }, [userId]);
  const { loaded, reload } = useLoad(load);
  useOnReturn(reload);
  useReloadUntil(loaded.status !== "ready" || loaded.data.purchasesKnown, reload);
  if (loaded.status === "loading") return <LoadingOffers />;
  if (loaded.status === "failed") return <LoadFailed what="Your plan" retry={reload} />;
  return <Offers {...offers} buyer={loaded.data} />;
}

function LoadingOffers() {
  return <Skeleton what="the plans" cards={3} />;
}

function Offers({ catalogue, chosen, buyer }: OffersProps & { buyer: Buyer }) {
  const { plans, oneTime } = catalogue;
  const visit = { chosen, buyer, products: catalogue.products };
  const cadences = cadencesOf(plans);
  const chosenPrice = plans.flatMap((plan) => plan.prices).find((price) => price.id === chosen);
  const [cadence, setCadence] = useState(chosenPrice ? cadenceOf(chosenPrice) : cadences[0]);

  useEffect(() => {
    if (chosen) document.getElementById("chosen")?.scrollIntoView({ block: "center" });
  }, [chosen]);

  if (plans.length === 0 && oneTime.length === 0)
    return buyer.purchasesKnown ? <NothingOnSale /> : <StillReadingOffers />;
  const mayHaveMore = buyer.signedIn && !buyer.purchasesKnown && !buyer.subscriptions.some(isStanding);
  return (
    <>
      {mayHaveMore && (
        <Notice>We are still reading your purchases… If you have a plan, it appears here by itself, in a while.</Notice>
      )}
      {cadences.length > 1 && <CadenceChoice cadences={cadences} cadence={cadence} onChange={setCadence} />}
      {plans.length > 0 && (
        <section aria-labelledby="plans">
          <h2 id="plans" className="visually-hidden">
            Plans
          </h2>
          <div className="plans">
            {plans.map((plan) => {
              const price = priceAt(plan, cadence);
              return price && <OfferCard key={plan.product.id} offer={plan} price={price} {...visit} />;
            })}
          </div>
        </section>
      )}
      {oneTime.length > 0 && (
        <section aria-labelledby="one-time">
          <h2 id="one-time">Pay once</h2>
          <div className="plans">
            {oneTime.map((offer) => {
              const price = offer.prices[0];
              return price && <OfferCard key={price.id} offer={offer} price={price} {...visit} />;
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
