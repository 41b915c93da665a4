import type { Wish } from "./checkout-address.ts";

/** What of Stripe.js this site uses: https://docs.stripe.com/js/embedded_checkout */
interface StripeJs {
  createEmbeddedCheckoutPage(options: { fetchClientSecret: () => Promise<string> }): Promise<EmbeddedPage>;
}

export interface EmbeddedPage {
  mount(place: HTMLElement): void;
  destroy(): void;
}

const { VITE_STRIPE_JS: address = "", VITE_STRIPE_PUBLISHABLE_KEY: key = "" } = import.meta.env;

/** @returns undefined where the address names nothing to buy */
export function wishIn(search: URLSearchParams): Wish | undefined {
  const [priceId, mode, quantity] = [search.get("price"), search.get("mode"), Number(search.get("quantity"))];
  if (!priceId || (mode !== "payment" && mode !== "subscription")) return undefined;
  return {
    priceId,
    mode,
    quantity: Number.isInteger(quantity) && quantity > 0 ? quantity : undefined,
    currency: search.get("currency") ?? undefined,
  };
}

let loading: Promise<StripeJs> | undefined;

/** Loads Stripe.js, once. It must come from Stripe: https://docs.stripe.com/js/including */
export function loadStripeJs(): Promise<StripeJs> {
  loading ??= new Promise<StripeJs>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve((window as unknown as { Stripe: (key: string) => StripeJs }).Stripe(key));
    script.onerror = () => {
      script.remove();
      loading = undefined; // whoever tries again asks again
      reject(new Error("Stripe.js did not load"));
    };
    document.head.append(script);
  });
  return loading;
}
