import { resolve } from "node:path";
import type { JWK } from "jose";
import { UserError } from "../user-error.ts";
import type { Environment } from "./dotenv.ts";
import { type GeneratedSettings, keepGeneratedSettings } from "./generated.ts";

const DEFAULT_PORT = 3000;
const DEFAULT_DATA_DIR = ".turnpike";

export interface Settings {
  /** The one address of everything: `http://localhost:PORT`. */
  publicUrl: string;
  siteUrl: string;
  allowedOrigins: string[];
  stripe: {
    /** Whether the emulator runs, or another server (Stripe itself, say) is asked. */
    emulated: boolean;
    secretKey: string;
    /** One, or two separated by a comma while the secret is rolled. */
    webhookSecret: string;
    /** Whether the webhook secret was made up here: Stripe itself then signs with another one. */
    webhookSecretGenerated: boolean;
    /** Nothing for Stripe itself. */
    apiBase?: string;
  };
  supabase: {
    /** Whether the embedded one runs, or a hosted project is asked. */
    embedded: boolean;
    url: string;
    publishableKey: string;
    secretKey: string;
    signingKey: JWK;
  };
}

/** The port to listen on; 0 takes a free one. @throws UserError */
export function readPort(environment: Environment): number {
  const text = environment.PORT ?? String(DEFAULT_PORT);
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UserError(
    `PORT is "${text}", which is no port: set it to a number from 1 to 65535, or leave it out for ${DEFAULT_PORT}.`,
  );
}

/** The folder of everything that is kept between runs. */
export function readDataDir(root: string, environment: Environment): string {
  return resolve(root, environment.TURNPIKE_DATA_DIR ?? DEFAULT_DATA_DIR);
}

/**
 * Settles what the parts run with: the environment, or what is made up once for the data folder.
 * @param port The port that is listened on.
 * @throws UserError which names the variable to set.
 */
export function readSettings(environment: Environment, dataDir: string, port: number): Settings {
  const generated = keepGeneratedSettings(dataDir);
  const publicUrl = `http://localhost:${port}`;
  const loopbackUrl = `http://127.0.0.1:${port}`;
  const siteUrl = readUrl(environment, "SITE_URL") ?? publicUrl;
  const extraOrigins = (environment.ALLOWED_ORIGINS ?? "").split(",").map((origin) => origin.trim());
  const origins = [publicUrl, loopbackUrl, ...extraOrigins.filter(Boolean)];
  return {
    publicUrl,
    siteUrl,
    allowedOrigins: [...new Set(origins)].filter((origin) => origin !== siteUrl),
    stripe: readStripe(environment, generated, [publicUrl, loopbackUrl]),
    supabase: readSupabase(environment, generated, publicUrl),
  };
}

/** What the stacks read from `process.env`; secrets are not among it, they are bound to the functions. */
export function stacksEnvironment(settings: Settings): Environment {
  return {
    SITE_URL: settings.siteUrl,
    ALLOWED_ORIGINS: settings.allowedOrigins.join(","),
    SUPABASE_URL: settings.supabase.url,
    SUPABASE_PUBLISHABLE_KEY: settings.supabase.publishableKey,
    STRIPE_API_BASE: settings.stripe.apiBase,
  };
}

/** The values of the stacks' `Config.Secret`s. One that the runtime does not know is looked up by its name. */
export function readSecrets(settings: Settings, environment: Environment): Environment {
  return {
    ...environment,
    STRIPE_SECRET_KEY: settings.stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: settings.stripe.webhookSecret,
    SUPABASE_SECRET_KEY: settings.supabase.secretKey,
  };
}

function readStripe(environment: Environment, generated: GeneratedSettings, ownUrls: string[]): Settings["stripe"] {
  const apiBase = readUrl(environment, "STRIPE_API_BASE");
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = environment;
  // Our own address as the base keeps the emulator, with a secret key of one's choice.
  const emulated = apiBase ? ownUrls.includes(apiBase) : !secretKey;
  const base = emulated ? ownUrls[1] : apiBase;
  return {
    emulated,
    secretKey: secretKey ?? generated.stripeSecretKey,
    webhookSecret: webhookSecret ?? generated.stripeWebhookSecret,
    webhookSecretGenerated: !webhookSecret,
    ...(base && { apiBase: base }),
  };
}

function readSupabase(environment: Environment, generated: GeneratedSettings, publicUrl: string): Settings["supabase"] {
  const url = readUrl(environment, "SUPABASE_URL");
  for (const name of ["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY"]) {
    if (url && !environment[name]) {
      throw new UserError(
        `SUPABASE_URL is set, so ${name} must be too: copy it from the project's settings, "API keys", into .env.`,
      );
    }
  }
  return {
    embedded: !url,
    url: url ?? publicUrl,
    publishableKey: environment.SUPABASE_PUBLISHABLE_KEY ?? generated.supabasePublishableKey,
    secretKey: environment.SUPABASE_SECRET_KEY ?? generated.supabaseSecretKey,
    signingKey: readSigningKey(environment) ?? generated.supabaseJwtKey,
  };
}

function readSigningKey({ SUPABASE_JWT_KEY: text }: Environment): JWK | undefined {
  if (!text) return undefined;
  try {
    const key: JWK = JSON.parse(text);
    if (key.kty === "EC" && key.crv === "P-256" && key.d) return key;
  } catch {
    // said below; the text itself is a secret
  }
  throw new UserError(
    "SUPABASE_JWT_KEY is no private ES256 key: set it to a JWK as JSON with kty, crv, x, y and d, or leave it out.",
  );
}

function readUrl(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  if (!text) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new UserError(`${name} is "${text}", which is no address: write it like https://example.com.`);
  }
  return text.replace(/\/+$/, "");
}
