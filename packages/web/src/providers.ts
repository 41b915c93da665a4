import type { Provider } from "@supabase/supabase-js";
import { fetchInTime } from "./buttons/in-time.ts";
import { Refused } from "./buttons/post.ts";
import { supabaseAddress, whyNoAuth } from "./supabase.ts";

/** What each provider is called on its button; one that is not here is not offered. */
const NAMES = {
  google: "Google",
  apple: "Apple",
  azure: "Microsoft",
  github: "GitHub",
  gitlab: "GitLab",
  bitbucket: "Bitbucket",
  facebook: "Facebook",
  linkedin_oidc: "LinkedIn",
  slack_oidc: "Slack",
  discord: "Discord",
  figma: "Figma",
  notion: "Notion",
  twitch: "Twitch",
  spotify: "Spotify",
  zoom: "Zoom",
} satisfies Partial<Record<Provider, string>>;

export interface OfferedProvider {
  id: Provider;
  name: string;
}

/** The providers among those that a project has switched on, as its settings say. */
export function offeredOf({ external = {} }: { external?: Record<string, boolean> }): OfferedProvider[] {
  return Object.entries(NAMES).flatMap(([id, name]) => (external[id] ? [{ id: id as keyof typeof NAMES, name }] : []));
}

/**
 * The providers by which the Supabase project lets people sign in.
 * @throws Refused where it does not answer, or fails
 */
export async function loadProviders(): Promise<OfferedProvider[]> {
  const { url, publishableKey } = supabaseAddress();
  const asked = fetchInTime(`${url}/auth/v1/settings`, { headers: { apikey: publishableKey } });
  const answer = await asked.catch(() => undefined);
  if (!answer?.ok) throw new Refused(whyNoAuth(answer?.status));
  return offeredOf((await answer.json()) as { external?: Record<string, boolean> });
}
