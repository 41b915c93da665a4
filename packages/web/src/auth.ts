import { createBrowserClient } from "@supabase/ssr";

/** It keeps the session in a cookie, so that `/api/*` sees who is calling. */
export function createAuth({ url, publishableKey }: { url: string; publishableKey: string }) {
  return createBrowserClient(url, publishableKey).auth;
}
