import { readSetting, readSite, type Site } from "@turnpike/core/config";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient, type ServiceClient } from "@turnpike/core/supabase";
import { parseSecrets } from "@turnpike/core/webhook";
import { Config } from "sst/node/config";
import { Queue } from "sst/node/queue";
import type Stripe from "stripe";

/**
 * What the functions read from their environment: SST's bindings and the plain settings. Each is read when it is first
 * needed, so that a function needs only what it is bound to, and kept while the Lambda is warm.
 */
export const config = {
  get site(): Site {
    return readSite(process.env);
  },
  get supabaseAuth(): { url: string; publishableKey: string } {
    return {
      url: readSetting(process.env, "SUPABASE_URL"),
      publishableKey: readSetting(process.env, "SUPABASE_PUBLISHABLE_KEY"),
    };
  },
  get webhookSecrets(): string[] {
    return parseSecrets(Config.STRIPE_WEBHOOK_SECRET);
  },
  get eventsQueueUrl(): string {
    return Queue.StripeEvents.queueUrl;
  },
  get build(): string {
    return readSetting(process.env, "BUILD");
  },
  get stage(): string {
    return Config.STAGE;
  },
};

let stripe: Stripe | undefined;
let supabase: ServiceClient | undefined;

/** The two ends that Turnpike keeps equal. */
export const clients = {
  get stripe(): Stripe {
    const apiBase = readSetting(process.env, "STRIPE_API_BASE");
    stripe ??= createStripe({ secretKey: Config.STRIPE_SECRET_KEY, apiBase });
    return stripe;
  },
  get supabase(): ServiceClient {
    const url = readSetting(process.env, "SUPABASE_URL");
    supabase ??= createServiceClient({ url, secretKey: Config.SUPABASE_SECRET_KEY });
    return supabase;
  },
};
