import { PostgrestClient } from "@supabase/postgrest-js";
import type { Session, SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "@turnpike/core/supabase";
import { fetchInTime } from "./buttons/in-time.ts";
import { Refused, UNREACHABLE } from "./buttons/post.ts";

export type Tables = Database["public"]["Tables"];
type Auth = SupabaseClient["auth"];

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

/** How Supabase Auth has answered last. That it fails is its own fault; that it does not answer may be the visitor's connection. */
let authAnswered: "well" | "that it fails" | "not" = "well";
export const isAuthFailing = () => authAnswered === "that it fails";
export const isAuthAway = () => authAnswered !== "well";

const fetchAuth: typeof fetch = async (input, init) => {
  authAnswered = "not";
  const answer = await fetchInTime(input, init);
  authAnswered = answer.status < 500 ? "well" : "that it fails";
  return answer;
};

/** Why Supabase Auth has not done what it was asked: nobody answers, which its client calls the status 0, or it fails. */
export const whyNoAuth = (status: number | undefined) =>
  status ? "Our sign-in fails at the moment; your connection is fine. Try again in a few minutes." : UNREACHABLE;

let auth: Promise<Auth> | undefined;
const listeners = new Set<() => void>();

/**
 * Signs in, renews a session and ends it. A third of all that a page would load, so it is loaded for those alone who do that: a
 * session that is good is read without it.
 * @throws Refused where it cannot be loaded
 */
export function getAuth(): Promise<Auth> {
  auth ??= import("./auth.ts").then(
    ({ createAuth }) => {
      for (const tell of listeners) tell();
      return createAuth({ ...supabaseAddress(), fetch: fetchAuth });
    },
    () => {
      auth = undefined;
      // A browser that could not fetch a module once may not ask for it again.
      throw new Refused("The server cannot be reached. Check your connection, then reload the page.");
    },
  );
  return auth;
}

/** Calls back when somebody begins to sign in. @returns stops it */
export function whenAuthIsLoaded(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** Whether the browser holds a session, good or not: `@supabase/ssr` keeps it in cookies, in parts where it is long. */
export function holdsSession(cookies = document.cookie): boolean {
  return /(^|; )sb-[^=;]+-auth-token(\.\d+)?=./.test(cookies);
}

/** Takes the session from the browser. */
export function dropSession(): void {
  for (const [name] of document.cookie.matchAll(/sb-[^=;]+-auth-token(\.\d+)?(?==)/g)) {
    // biome-ignore lint/suspicious/noDocumentCookie: not every browser has the Cookie Store API
    document.cookie = `${name}=; path=/; max-age=0`;
  }
}

/** How long before its end a session is renewed, so that what is asked with it arrives in time. */
export const RENEW_MS = 60_000;

/** The session that the browser holds, while it is good. Undefined where there is none, or none that could be used as it is. */
export function heldSession(
  cookies = document.cookie,
  now = Date.now(),
  project = settings.VITE_SUPABASE_URL,
): Session | undefined {
  const name = `sb-${new URL(project).hostname.split(".")[0]}-auth-token`;
  const parts = cookies.split("; ").flatMap((cookie) => {
    const [key = "", value = ""] = cookie.split(/=(.*)/s);
    return key === name || key.replace(/\.\d+$/, "") === name
      ? [{ at: Number(key.slice(name.length + 1)), value }]
      : [];
  });
  const text = parts.sort((one, other) => one.at - other.at).map(({ value }) => value);
  try {
    const bytes = atob(
      text
        .join("")
        .replace(/^base64-/, "")
        .replaceAll("-", "+")
        .replaceAll("_", "/"),
    );
    const session: Session = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
    return session.user && Number(session.expires_at) * 1000 - RENEW_MS > now ? session : undefined;
  } catch {
    return undefined; // in parts of which one is gone
  }
}

/**
 * Whoever is signed in, as our servers know them; renewed first where it is over. Undefined for a guest.
 * @throws Refused where it could not be renewed: whoever is signed in must not be taken for a guest, who has bought nothing
 */
export async function getAccessToken(): Promise<string | undefined> {
  const held = heldSession();
  if (held || !holdsSession()) return held?.access_token;
  const { data, error } = await (await getAuth()).getSession();
  if (error && holdsSession()) throw new Refused(whyNoAuth(error.status));
  return data.session?.access_token;
}

let database: PostgrestClient<Database> | undefined;

/** The database as the visitor may see it: row-level security knows them by their session. */
export function getDatabase(): PostgrestClient<Database> {
  const { url, publishableKey } = supabaseAddress();
  database ??= new PostgrestClient<Database>(`${url}/rest/v1`, {
    headers: { apikey: publishableKey },
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", `Bearer ${(await getAccessToken()) ?? publishableKey}`);
      return fetchInTime(input, { ...init, headers });
    },
  });
  return database;
}
