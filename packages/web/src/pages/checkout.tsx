import type { CheckoutAnswer, CreateCheckout } from "@turnpike/core/checkout/schema";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link, Redirect, useSearchParams } from "wouter";
import { inTime } from "../buttons/in-time.ts";
import { asRefused, post, type Refused } from "../buttons/post.ts";
import { Refusal } from "../buttons/refusal.tsx";
import type { Wish } from "../checkout-address.ts";
import { Skeleton } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { signInPath } from "../next-path.ts";
import { useSession } from "../session.tsx";
import { type EmbeddedPage, loadStripeJs, wishIn } from "../stripe-js.ts";

/** Stripe's page within this one, for what the address names: `?price=…&mode=subscription&quantity=2`. */
export function CheckoutPage() {
  const session = useSession();
  const [search] = useSearchParams();
  const wish = useMemo(() => wishIn(search), [search]);
  if (!wish) return <Redirect to="/pricing" replace />;
  if (session.status === "signed-out" && wish.mode === "subscription")
    return <Redirect to={signInPath(window.location.pathname + window.location.search)} replace />;
  return (
    <Page title="Checkout">
      <h1 className="visually-hidden">Checkout</h1>
      {session.status === "loading" ? <Skeleton what="the checkout" cards={1} /> : <Embedded wish={wish} />}
      <p>
        <Link href="/pricing" className="button button-quiet">
          Back to the plans
        </Link>
      </p>
    </Page>
  );
}

function Embedded({ wish }: { wish: Wish }) {
  const place = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "shown" | Refused>("loading");
  useEffect(() => {
    const visit = { isOver: false };
    const opened = inTime(open(wish, visit));
    opened.then(
      (page) => {
        if (visit.isOver || !page || !place.current) return;
        page.mount(place.current);
        setState("shown");
      },
      (error: unknown) => visit.isOver || setState(asRefused(error)),
    );
    return () => {
      visit.isOver = true;
      opened.then(
        (page) => page?.destroy(),
        () => {},
      );
    };
  }, [wish]);
  return (
    <>
      {state === "loading" && <Skeleton what="the checkout" cards={1} />}
      {typeof state === "object" && (
        <Refusal error={state}>
          {!state.answer.code && (
            <button type="button" className="button" onClick={() => window.location.reload()}>
              Try again
            </button>
          )}
        </Refusal>
      )}
      <div ref={place} className="embedded-checkout" />
    </>
  );
}

/**
 * @param visit whoever has left the page by then needs none, and Stripe.js has one at a time
 * @returns nothing where the browser is on its way to the portal, which is never embedded
 */
async function open(
  { priceId, mode, quantity, currency }: Wish,
  visit: { isOver: boolean },
): Promise<EmbeddedPage | undefined> {
  const { origin } = window.location;
  const body = {
    page: "embedded",
    priceId,
    mode,
    quantity,
    currency,
    successUrl: `${origin}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${origin}/pricing?canceled=true`,
  } satisfies CreateCheckout;
  const [stripe, answer] = await Promise.all([
    loadStripeJs(),
    post<CheckoutAnswer>("/api/stripe/create-checkout", body),
  ]);
  if (visit.isOver) return undefined;
  if ("url" in answer) {
    window.location.assign(answer.url);
    return undefined;
  }
  return stripe.createEmbeddedCheckoutPage({ fetchClientSecret: async () => answer.clientSecret });
}
