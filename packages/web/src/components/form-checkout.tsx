import type { FormEvent, ReactNode } from "react";
import { useAction } from "../buttons/action.ts";
import { checkoutBody } from "../buttons/button-checkout.tsx";
import { leaveFor } from "../buttons/in-time.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { asRefused, post, Refused } from "../buttons/post.ts";
import { Refusal } from "../buttons/refusal.tsx";
import { signInPath } from "../next-path.ts";
import { getAccessToken } from "../supabase.ts";

interface FormCheckoutProps {
  priceId: string;
  /** How many. Default: as many as are sold at least. */
  quantity?: number | undefined;
  /** Of the price. Default: as `billing.config.ts` says, else its own. */
  currency?: string | undefined;
  children: ReactNode;
  className?: string;
}

/**
 * Buys one price that recurs, for signed-in users: a plain form, whose fields a template without scripts has, too. Here its
 * script asks in its place, because a browser that posts a form shows whatever comes back: raw JSON, where the gateway itself
 * refuses, and an error page of its own, where there is no connection. A second click gets the same checkout session.
 */
export function FormCheckout({ children, className, ...wish }: FormCheckoutProps) {
  const { priceId, quantity, currency } = wish;
  const { pending, error, run } = useAction();
  const send = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const address = await askFor(wish).catch((failure) => problemPage(asRefused(failure), wish));
      await leaveFor(address);
    });
  };
  return (
    <form method="post" action="/api/checkout_sessions" onSubmit={send}>
      <input type="hidden" name="price_id" value={priceId} />
      {quantity && <input type="hidden" name="quantity" value={quantity} />}
      {currency && <input type="hidden" name="currency" value={currency} />}
      <PendingButton type="submit" className={className} pending={pending}>
        {children}
      </PendingButton>
      {error && <Refusal error={error} />}
    </form>
  );
}

type Wish = Omit<FormCheckoutProps, "children" | "className">;

/** The route sells to guests, too: whose session has ended must not become one. */
async function askFor(wish: Wish): Promise<string> {
  const token = await getAccessToken();
  if (!token) throw new Refused("Sign in first", { code: "unauthenticated" });
  const body = checkoutBody({ ...wish, mode: "subscription" });
  const api = { getAccessToken: async () => token };
  return (await post<{ url: string }>("/api/stripe/create-checkout", body, api)).url;
}

/**
 * Where a browser that posts the form is led to for the same reason: a page that knows what is on sale by then.
 * @throws Refused where no code tells the reason: it is said beside the button
 */
function problemPage(refused: Refused, { priceId, quantity, currency }: Wish): string {
  const { code: problem, requestId: reference } = refused.answer;
  if (!problem) throw refused;
  const query = (fields: Record<string, string | undefined>) =>
    new URLSearchParams(Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1])));
  if (problem !== "unauthenticated") return `/pricing?${query({ problem, reference })}`;
  const choice = query({ price: priceId, currency, quantity: quantity?.toString() });
  return `${signInPath(`/pricing?${choice}`)}&problem=${problem}`;
}
