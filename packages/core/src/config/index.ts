import * as z from "zod";

const origin = (value: string) => new URL(value).origin;
const text = z.string().trim().min(1);

/** The settings that are no secrets, as they stand in the environment. Secrets come through SST's `Config`. */
const settings = {
  SITE_URL: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).href.replace(/\/+$/, "")),
  ALLOWED_ORIGINS: z
    .string()
    .default("")
    .transform((list) => list.split(",").flatMap((item) => item.trim() || []))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).transform(origin))),
  SUPABASE_URL: z.url({ protocol: /^https?$/ }),
  SUPABASE_PUBLISHABLE_KEY: text,
  STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
  BUILD: text.default("unknown"),
};
type Settings = typeof settings;

/**
 * Reads one setting.
 * @throws Error that names the variable, when it is missing or malformed.
 */
export function readSetting<Name extends keyof Settings>(
  env: Record<string, string | undefined>,
  name: Name,
): z.output<Settings[Name]>;
export function readSetting(env: Record<string, string | undefined>, name: keyof Settings): unknown {
  const read = settings[name].safeParse(env[name] || undefined);
  if (read.success) return read.data;
  const state = env[name] ? "is malformed" : "is not set";
  throw new Error(`The setting ${name} ${state}. It is described in .env.example.`);
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
