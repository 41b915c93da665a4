import { createBrowserClient } from "@supabase/ssr";
import { comesByLink } from "./email-link.ts";

interface AuthOptions {
  url: string;
  publishableKey: string;
  fetch: typeof fetch;
}

/** It keeps the session in a cookie, so that `/api/*` sees who is calling. */
export function createAuth({ url, publishableKey, fetch }: AuthOptions) {
  // Else it would try a `code` of somebody else's, too, and with it use up the secret to a link that is on its way.
  const auth = { detectSessionInUrl: comesByLink(window.location) };
  return createBrowserClient(url, publishableKey, { global: { fetch }, auth }).auth;
}
