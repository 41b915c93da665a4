import type { CheckoutSummary, Posts } from "./api.ts";
import { type ApiOptions, ask, post } from "./post.ts";

/**
 * The API's routes with their types, for pages of your own. Each call throws `Refused`: its message is for the user, its
 * `answer.code` for programs.
 */
export function createBilling(api: ApiOptions = {}) {
  return {
    /** With the same key a request that is sent again, because its answer was lost, is done once. */
    post: <Path extends keyof Posts>(path: Path, body: Posts[Path]["body"], idempotencyKey?: string) =>
      post<Posts[Path]["answer"]>(path, body, { ...api, idempotencyKey }),

    /** What became of a purchase: for the page that Checkout leads back to. */
    getPurchase: (sessionId: string) =>
      ask<CheckoutSummary>(`/api/checkout_sessions/${encodeURIComponent(sessionId)}`, {}, api),
  };
}
