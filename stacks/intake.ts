import { readSetting } from "@turnpike/settings";

/** How Stripe's events come in: see docs/decisions/0018-two-ways-in.md. */
export function intake(): { webhook: boolean; eventBridge: boolean } {
  const destination = readSetting("STRIPE_EVENT_DESTINATION");
  return { webhook: destination !== "eventbridge", eventBridge: destination !== "webhook" };
}
