/** What `npm run generate` writes of this package. */
export { README, readmeOf, readShown } from "./covered.ts";
export { readStripeApi, writeStripeApi } from "./stripe-api.ts";
