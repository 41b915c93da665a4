import { createBrowserClient } from "@supabase/ssr";
import { fetchInTime } from "./buttons/in-time.ts";

/** It keeps the session in a cookie, so that `/api/*` sees who is calling. */
export function createAuth({ url, publishableKey }: { url: string; publishableKey: string }) {
  return createBrowserClient(url, publishableKey, { global: { fetch: fetchInTime } }).auth;
}
