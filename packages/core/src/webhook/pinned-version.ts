import { STRIPE_API_VERSION } from "../stripe/version.ts";
import { isThin, type SentEvent } from "./assert-event.ts";

/**
 * Whether an event is of the API version that the endpoint should be pinned to; one that is not may lack or rename fields. A thin
 * one has none.
 */
export function isOfPinnedVersion(event: SentEvent): boolean {
  return isThin(event) || event.api_version === STRIPE_API_VERSION;
}
