import type Stripe from "stripe";
import { STRIPE_API_VERSION } from "../stripe/version.ts";

/** Whether an event is of the API version that the endpoint should be pinned to; one that is not may lack or rename fields. */
export function isOfPinnedVersion({ api_version }: Stripe.Event): boolean {
  return api_version === STRIPE_API_VERSION;
}
