import { readSetting } from "@turnpike/settings";
import type { Target } from "./index.ts";

/** How a command of ours is called for this system: `npx billing sync --stage prod`. */
export function callOn({ stage }: Target, line: string): string {
  return `npx billing ${line}${stage ? ` --stage ${stage}` : ""}`;
}

/**
 * Where Stripe sends its events. Nothing for what only this machine reaches, since there the emulator, or `stripe listen`, brings them; and
 * nothing where they come by EventBridge alone.
 */
export function webhookUrlOf({ kind, siteUrl, environment }: Target): string | undefined {
  if (kind === "local" || !siteUrl?.startsWith("https:")) return undefined;
  if (readSetting("STRIPE_EVENT_DESTINATION", environment) === "eventbridge") return undefined;
  return `${siteUrl}/api/webhooks/stripe`;
}

/** The partner event source by which EventBridge brings them. */
export function eventSourceOf({ kind, environment }: Target): string | undefined {
  if (kind === "local" || readSetting("STRIPE_EVENT_DESTINATION", environment) === "webhook") return undefined;
  return readSetting("STRIPE_EVENT_SOURCE", environment);
}
