import { join } from "node:path";
import { enabledEvents } from "@turnpike/core/mirror";
import type { EventBridgeDestination } from "@turnpike/stripe-emulator";
import type { Address, RequestListener } from "./address.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings/settings.ts";
import type { SystemDescription } from "./stacks/description.ts";
import type { Providers } from "./supabase/index.ts";
import { UserError } from "./user-error.ts";

// Each part is imported only where it runs: one that is swapped for the real service costs no start-up time.

interface WebServer {
  listener: RequestListener;
  close(): Promise<void>;
}

/** On disk, or in memory and begun from a snapshot. */
export type SupabaseStorage = { dataDir: string } | { snapshotDir: string };

/** Nothing when a hosted project is used. */
export async function startSupabase(
  { supabase, publicUrl }: Settings,
  root: string,
  storage: SupabaseStorage,
  providers: Providers = {},
) {
  if (!supabase.embedded) return undefined;
  const { startEmbeddedSupabase } = await import("./supabase/index.ts");
  return startEmbeddedSupabase({
    ...storage,
    migrationsDir: join(root, "supabase/migrations"),
    publicUrl,
    publishableKey: supabase.publishableKey,
    secretKey: supabase.secretKey,
    signingKey: supabase.signingKey,
    providers,
  }).catch((error: Error) => {
    throw new UserError(error.message, { cause: error }); // a migration that fails, or that is not as it was applied
  });
}

/**
 * Nothing when Stripe itself, or another server, is used.
 * @param put EventBridge
 */
export async function startStripe(
  { stripe, publicUrl }: Settings,
  dataDir: string,
  put: EventBridgeDestination["put"],
  log: Log,
) {
  if (!stripe.emulated) return undefined;
  const { createStripeEmulator } = await import("@turnpike/stripe-emulator");
  const [secret = ""] = stripe.webhookSecret.split(",");
  const { eventDestination: to, eventSource } = stripe;
  return createStripeEmulator({
    publicUrl,
    stateFile: join(dataDir, "stripe.json"),
    stateFileLocked: true, // with all of the data folder
    webhookEndpoints: to === "eventbridge" ? [] : [{ url: webhookUrl(publicUrl), secret, enabledEvents }],
    eventBridgeDestinations: to === "webhook" ? [] : [{ eventSource, enabledEvents, put }],
    log: (line: string) => log("stripe", line),
  });
}

/**
 * Nothing when the stacks have no site.
 * @param buildDir Where it is built as for a deploy; without, its pages are made as they are asked for.
 */
export async function startWeb(
  { siteUrl, stripe }: Settings,
  root: string,
  { sites }: SystemDescription,
  { server }: Address,
  buildDir?: string,
): Promise<WebServer | undefined> {
  const [site] = sites;
  if (!site) return undefined;
  if (buildDir) return (await import("./web/built-site.ts")).startBuiltSite(root, site, buildDir);
  const { startDevServer } = await import("./web/dev-server.ts");
  const links = {
    "mailbox, queues and ledger": "/_local",
    ...(stripe.emulated && { "Stripe’s control room": "/_emulator" }),
  };
  return startDevServer(root, site, siteUrl, server, links);
}

/** Where Stripe's events go. */
export function webhookUrl(publicUrl: string): string {
  return `${publicUrl}/api/webhooks/stripe`;
}
