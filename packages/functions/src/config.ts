import { readSetting, readSite, type Site } from "@turnpike/core/config";

/**
 * The plain settings, as the stacks write them into a function's environment. Each is read when it is needed, so that a
 * function needs only those that it is given. Secrets come from `secrets.ts`.
 */
export const config = {
  get site(): Site {
    return readSite(process.env);
  },
  get supabaseUrl(): string {
    return readSetting(process.env, "SUPABASE_URL");
  },
  get supabasePublishableKey(): string {
    return readSetting(process.env, "SUPABASE_PUBLISHABLE_KEY");
  },
  get stripeApiBase(): string | undefined {
    return readSetting(process.env, "STRIPE_API_BASE");
  },
  get build(): string {
    return readSetting(process.env, "BUILD");
  },
};
