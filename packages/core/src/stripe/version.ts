import type Stripe from "stripe";

/**
 * The version that every request asks for and that the webhook endpoint is created with, so that an event's payload and an
 * API answer have one shape. It is the pinned SDK's own, which its type holds: https://docs.stripe.com/api/versioning
 */
export const STRIPE_API_VERSION: typeof Stripe.API_VERSION = "2026-10-28.endive";
