import { createBrowserClient } from "@supabase/ssr";

interface AuthOptions {
  url: string;
  publishableKey: string;
  fetch: typeof fetch;
}

/** It keeps the session in a cookie, so that `/api/*` sees who is calling. */
export function createAuth({ url, publishableKey, fetch }: AuthOptions) {
  return createBrowserClient(url, publishableKey, { global: { fetch } }).auth;
}
