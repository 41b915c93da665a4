import { CHECKOUT_ELEMENTS_SDK } from "./checkout-elements-sdk.ts";

/**
 * What `https://js.stripe.com` has of Checkout in a page of the seller's, for pages that are tried out against the emulator: its calls,
 * its refusals, and that the buyer is led to `return_url` in the end.
 * @param origin where the frames are that it shows, by whatever address it was loaded itself
 */
export const stripeJsOf = (origin: string): string => `(() => {
  const origin = ${JSON.stringify(origin)};
  class IntegrationError extends Error {
    name = "IntegrationError";
  }
  const validSecret = (secret) => {
    if (/^cs_test_[A-Za-z0-9]+_secret_[A-Za-z0-9]+$/.test(secret)) return secret;
    throw new IntegrationError("The client secret is not valid: it should be that of a Checkout Session, cs_..._secret_...");
  };
  const elementAt = (where) => {
    const element = typeof where === "string" ? document.querySelector(where) : where;
    if (!element) throw new IntegrationError("Invalid DOM element: " + where);
    return element;
  };
${CHECKOUT_ELEMENTS_SDK}
  let embedded;

  async function createEmbeddedCheckoutPage(options = {}) {
    takeOnly("createEmbeddedCheckoutPage", options, ["clientSecret", "fetchClientSecret"]);
    const { fetchClientSecret, clientSecret } = options;
    if (embedded) throw new IntegrationError("You cannot have multiple Embedded Checkout objects.");
    if (!fetchClientSecret && !clientSecret) throw new IntegrationError("You must provide fetchClientSecret or clientSecret.");
    embedded = {};
    let secret;
    try {
      secret = validSecret(fetchClientSecret ? await fetchClientSecret() : clientSecret);
    } catch (error) {
      embedded = undefined;
      throw error;
    }
    const frame = document.createElement("iframe");
    frame.src = origin + "/c/embedded/" + secret;
    frame.title = "Checkout";
    frame.style.width = "100%";
    frame.style.height = "1100px";
    frame.style.border = "0";
    const onMessage = ({ source, origin: from, data }) => {
      if (source === frame.contentWindow && from === origin && data?.checkout === "complete") location.assign(data.url);
    };
    return only("checkout", {
      mount(where) {
        elementAt(where).append(frame);
        addEventListener("message", onMessage);
      },
      unmount() {
        frame.remove();
      },
      destroy() {
        frame.remove();
        removeEventListener("message", onMessage);
        embedded = undefined;
      },
    });
  }

  window.Stripe = (key) => {
    if (!/^pk_test_/.test(key)) throw new IntegrationError("Please call Stripe() with your publishable key, pk_test_...");
    const stripe = {
      createEmbeddedCheckoutPage,
      initCheckoutElementsSdk,
      initCheckout() {
        throw new IntegrationError("stripe.initCheckout() is now stripe.initCheckoutElementsSdk().");
      },
      async initEmbeddedCheckout() {
        throw new IntegrationError("stripe.initEmbeddedCheckout() is now stripe.createEmbeddedCheckoutPage().");
      },
    };
    return new Proxy(stripe, {
      get(target, key) {
        // Loaders ask which calls there are before they call any, and for what is private.
        if (key in target || typeof key === "symbol" || key === "then" || key.startsWith("_")) return target[key];
        return () => {
          throw new IntegrationError("stripe." + key + "() is not modelled by this emulator yet.");
        };
      },
    });
  };
})();
`;
