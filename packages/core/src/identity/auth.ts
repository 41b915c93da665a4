import type { JSONWebKeySet } from "jose";
import { unavailable } from "./refusals.ts";

/** Where a project's Supabase Auth is, and the key that says for which project it is asked. */
export interface Project {
  url: string;
  publishableKey: string;
}

/** A session as Supabase Auth hands it out. What else it holds is the browser's. */
export interface Session {
  access_token: string;
  refresh_token: string;
}

// In sum well below what a function has, so that the caller gets an answer of ours.
const KEYS_WITHIN_MS = 2_500;
const REFRESH_WITHIN_MS = 5_000;

/** @throws BillingError `auth_unavailable` */
export async function loadKeys(project: Project): Promise<JSONWebKeySet> {
  const { status, json } = await ask(project, ".well-known/jwks.json", {}, KEYS_WITHIN_MS);
  if (status !== 200) throw unavailable(`Supabase Auth was asked for the project's keys and answered ${status}`);
  return json as JSONWebKeySet;
}

/**
 * A new session in exchange for a refresh token, which is used up by that. auth-js does the same, and goes on trying for half a
 * minute.
 * @returns undefined when the session is over
 * @throws BillingError `auth_unavailable`
 */
export async function refreshSession(project: Project, refreshToken: string): Promise<Session | undefined> {
  const body = JSON.stringify({ refresh_token: refreshToken });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const { status, json } = await ask(project, "token?grant_type=refresh_token", init, REFRESH_WITHIN_MS);
  // Whatever it has against the token or its session. A 401 is about our own key.
  if (status === 400) return undefined;
  if (status !== 200) throw unavailable(`Supabase Auth was asked to refresh a session and answered ${status}`);
  const session = (json ?? {}) as Partial<Session> & { expires_in?: number };
  if (typeof session.access_token !== "string" || typeof session.refresh_token !== "string") {
    throw unavailable("Supabase Auth refreshed a session and answered with none");
  }
  return { expires_at: Math.floor(Date.now() / 1000) + (session.expires_in ?? 0), ...session } as Session;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

async function ask(project: Project, path: string, init: Asked, withinMs: number) {
  const url = new URL(`auth/v1/${path}`, `${project.url.replace(/\/*$/, "")}/`);
  try {
    const response = await fetch(url, {
      ...init,
      headers: { ...init.headers, apikey: project.publishableKey },
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await response.text();
    return { status: response.status, json: response.ok ? (JSON.parse(text) as unknown) : undefined };
  } catch (error) {
    throw unavailable(`Supabase Auth gave no answer that can be read: ${nameOf(error)}`);
  }
}

/** The name of what went wrong, such as `ECONNREFUSED`. Messages may quote what was sent. */
function nameOf(error: unknown): string {
  const { name, cause } = error as { name: string; cause?: { code?: string } };
  return cause?.code ?? name;
}
