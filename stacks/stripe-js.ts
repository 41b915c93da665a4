import { environmentText, readSetting } from "@turnpike/settings";

/** Of the release that the API's version is of: https://docs.stripe.com/sdks/stripejs-versioning */
const STRIPE_JS = "https://js.stripe.com/endive/stripe.js";

/**
 * What the site's pages show Checkout with; a laptop's emulator has a stand-in.
 * @throws Error when browsers would have no key
 */
export function stripeJs() {
  const key = readSetting("STRIPE_PUBLISHABLE_KEY");
  if (!key)
    throw new Error(
      'STRIPE_PUBLISHABLE_KEY is not set: the pages need it, as billing.config.ts says page: "embedded".',
    );
  const emulator = environmentText("STRIPE_API_BASE");
  return {
    VITE_STRIPE_PUBLISHABLE_KEY: key,
    VITE_STRIPE_JS: emulator ? `${emulator}/c/stripe.js` : STRIPE_JS,
  };
}
