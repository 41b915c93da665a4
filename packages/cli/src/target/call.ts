import type { Target } from "./index.ts";

/** How a command of ours is called for this system: `npx billing sync --stage prod`. */
export function callOn({ stage }: Target, line: string): string {
  return `npx billing ${line}${stage ? ` --stage ${stage}` : ""}`;
}

/** Where Stripe sends its events. Nothing for what only this machine reaches: there the emulator, or `stripe listen`, brings them. */
export function webhookUrlOf({ kind, siteUrl }: Target): string | undefined {
  if (kind === "local" || !siteUrl?.startsWith("https:")) return undefined;
  return `${siteUrl}/api/webhooks/stripe`;
}
