/** What `npm run generate` writes of this package. */

export { CLIENTS, type ClientRun } from "./clients.ts";
export { CONFORMANCE, conformancePage } from "./conformance.ts";
export { README, readmeOf, readShown } from "./covered.ts";
export { readStripeApi, writeStripeApi } from "./stripe-api.ts";
