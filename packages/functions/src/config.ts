import { type Site, siteAt } from "@turnpike/core/config";
import { readSetting } from "@turnpike/settings";

/**
 * The plain settings, as the stacks write them into a function's environment. Each is read when it is needed, so that a
 * function needs only those that it is given. Secrets come from `secrets.ts`.
 */
export const config = {
  get site(): Site {
    return siteAt(readSetting("SITE_URL"), readSetting("ALLOWED_ORIGINS"));
  },
  get trialRequiresCard(): boolean {
    return readSetting("TRIAL_REQUIRES_CARD");
  },
  get supabaseUrl(): string {
    return readSetting("SUPABASE_URL");
  },
  get supabasePublishableKey(): string {
    return readSetting("SUPABASE_PUBLISHABLE_KEY");
  },
  get onUserDelete() {
    return readSetting("ON_USER_DELETE");
  },
  get onDoubleSubscription() {
    return readSetting("ON_DOUBLE_SUBSCRIPTION");
  },
  get stripeApiBase(): string | undefined {
    return readSetting("STRIPE_API_BASE");
  },
};
