/** The settings that are no secrets, as they stand in the environment. Each reader throws at what is malformed. */
const settings = {
  SITE_URL: (text?: string) => new URL(address(text)).href.replace(/\/+$/, ""),
  ALLOWED_ORIGINS: (text = "") => text.split(",").flatMap((item) => (item.trim() ? origin(address(item)) : [])),
  SUPABASE_URL: address,
  SUPABASE_PUBLISHABLE_KEY: required,
  STRIPE_API_BASE: (text?: string) => (text ? address(text) : undefined),
  BUILD: (text = "unknown") => text,
};
type Settings = typeof settings;

/**
 * Reads one setting.
 * @throws Error that names the variable, when it is missing or malformed.
 */
export function readSetting<Name extends keyof Settings>(
  env: Record<string, string | undefined>,
  name: Name,
): ReturnType<Settings[Name]>;
export function readSetting(env: Record<string, string | undefined>, name: keyof Settings): unknown {
  try {
    return settings[name](env[name] || undefined);
  } catch {
    const state = env[name] ? "is malformed" : "is not set";
    throw new Error(`The setting ${name} ${state}. It is described in .env.example.`);
  }
}

function required(text = ""): string {
  if (!text.trim()) throw new TypeError("empty");
  return text.trim();
}

function address(text?: string): string {
  const url = required(text);
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError("not HTTP");
  return url;
}

function origin(url: string): string {
  return new URL(url).origin;
}

/** Where the product lives: redirects may go there, and cookie-authenticated requests may come from there. */
export interface Site {
  /** Without a slash at the end. */
  url: string;
  allowedOrigins: readonly string[];
}

/** @throws Error that names the variable, when one is missing or malformed. */
export function readSite(env: Record<string, string | undefined>): Site {
  const url = readSetting(env, "SITE_URL");
  return { url, allowedOrigins: [origin(url), ...readSetting(env, "ALLOWED_ORIGINS")] };
}
export { assertAllowedRedirect } from "./redirects.ts";
