import { Suspense, useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import { loadOwnSubscriptions } from "../billing.ts";
import { brand } from "../brand.ts";
import type { Buyer } from "../buyer.ts";
import { type Catalogue, loadCatalogue } from "../catalogue.ts";
import { loadPurchasesKnown, useReloadUntil } from "../completeness.ts";
import { LoadFailed, Notice, Skeleton } from "../components/notice.tsx";
import { Offers } from "../components/offers.tsx";
import { Page } from "../components/page.tsx";
import { later, NotLoaded } from "../later.tsx";
import { useLoad, useOnReturn } from "../load.ts";
import { usePassing } from "../passing.ts";
import { useSession } from "../session.tsx";

// Few are refused anything.
const Problem = later(
  "Problem",
  () => import("../components/problem.tsx"),
  () => <NotLoaded what="Why that was not done" />,
);

/**
 * What is on sale, and what the visitor has of it. `?price=` is a choice carried through sign-up, with its `quantity`
 * and `currency`; `?canceled=` and `?problem=` say
 * why the visitor is back.
 */
export function PricingPage() {
  const session = useSession();
  const [search] = useSearchParams();
  const { loaded, reload } = useLoad(loadCatalogue);
  const chosen = useMemo(() => {
    const priceId = search.get("price");
    const [quantity, currency] = [Number(search.get("quantity")), search.get("currency")];
    return priceId ? { priceId, quantity: quantity || undefined, currency: currency ?? undefined } : undefined;
  }, [search]);
  return (
    <Page title="Pricing">
      <div className="hero">
        <h1>{brand.headline}</h1>
        <p className="lead">{brand.tagline}</p>
      </div>
      {/* What is said above the plans comes before them, or with them: it moves none. */}
      <Suspense fallback={<LoadingOffers />}>
        <WhyBack />
        {session.status === "unreachable" ? (
          <NotLoaded what="The plans" isOurs={session.isOurs} />
        ) : loaded.status === "failed" ? (
          <LoadFailed what="The plans" isOurs={loaded.isOurs} retry={reload} />
        ) : loaded.status === "loading" || session.status === "loading" ? (
          <LoadingOffers />
        ) : (
          <OffersFor
            key={session.status === "signed-in" ? session.user.id : "guest"}
            userId={session.status === "signed-in" ? session.user.id : undefined}
            catalogue={loaded.data}
            chosen={chosen}
          />
        )}
      </Suspense>
    </Page>
  );
}

function WhyBack() {
  const canceled = usePassing("canceled");
  const problem = usePassing("problem");
  const reference = usePassing("reference");
  if (canceled) return <Notice>Checkout was canceled. You have not been charged.</Notice>;
  return problem && <Problem code={problem} reference={reference} />;
}

interface OffersForProps {
  catalogue: Catalogue;
  chosen: { priceId: string; quantity: number | undefined; currency: string | undefined } | undefined;
  userId: string | undefined;
}

/** Waits for what the visitor has already: until then it is not known what may be sold. */
function OffersFor({ userId, ...offers }: OffersForProps) {
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
  if (loaded.status === "failed") return <LoadFailed what="Your plan" isOurs={loaded.isOurs} retry={reload} />;
  return <Offers {...offers} buyer={loaded.data} />;
}

function LoadingOffers() {
  return <Skeleton what="the plans" cards={3} />;
}
