import { createBrowserClient } from "@supabase/ssr";
import type { Database } from "@turnpike/core/supabase";

export type Tables = Database["public"]["Tables"];

const settings = {
  VITE_SUPABASE_URL: import.meta.env.VITE_SUPABASE_URL,
  VITE_SUPABASE_PUBLISHABLE_KEY: import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY,
};

/** The names of the build's variables that are not set. Without them there is nothing to show. */
export function missingSettings(): string[] {
  return Object.entries(settings).flatMap(([name, value]) => (value ? [] : [name]));
}

/** Where the project is, and the key that browsers use. */
export function supabaseAddress() {
  return { url: settings.VITE_SUPABASE_URL, publishableKey: settings.VITE_SUPABASE_PUBLISHABLE_KEY };
}

/** The one Supabase client of the page. It keeps the session in a cookie, so that `/api/*` sees who is calling. */
export function getSupabase() {
  return createBrowserClient<Database>(settings.VITE_SUPABASE_URL, settings.VITE_SUPABASE_PUBLISHABLE_KEY);
}
