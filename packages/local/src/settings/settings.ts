import { relative, resolve } from "node:path";
import {
  assertSettings,
  settings as declared,
  readSetting,
  type SecretName,
  SettingError,
  type SettingName,
  type SettingsEnvironment,
  type SettingValue,
} from "@turnpike/settings";
import type { Environment } from "@turnpike/settings/dotenv";
import type { JWK } from "jose";
import { UserError } from "../user-error.ts";
import { type GeneratedSettings, keepGeneratedSettings } from "./generated.ts";

export interface Settings {
  /** The one address of everything: `http://localhost:PORT`. */
  publicUrl: string;
  siteUrl: string;
  allowedOrigins: string[];
  stripe: {
    /** Whether the emulator runs, or another server (Stripe itself, say) is asked. */
    emulated: boolean;
    secretKey: string;
    /** For the site's pages, where they show Checkout; empty where nobody gave it. */
    publishableKey: string;
    /** One, or two separated by a comma while the secret is rolled. */
    webhookSecret: string;
    /** Whether the webhook secret was made up here: Stripe itself then signs with another one. */
    webhookSecretGenerated: boolean;
    /** Nothing for Stripe itself. */
    apiBase?: string;
    /** How its events come: see docs/decisions/0018-two-ways-in.md. */
    eventDestination: SettingValue<"STRIPE_EVENT_DESTINATION">;
    /** The partner event source by which they come over EventBridge. */
    eventSource: string;
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
export function readPort(environment: SettingsEnvironment): number {
  return read("PORT", environment);
}

/** The folder of everything that is kept between runs. @throws UserError */
export function readDataDir(root: string, environment: SettingsEnvironment): string {
  const folder = resolve(root, read("TURNPIKE_DATA_DIR", environment));
  if (!relative(folder, root).startsWith("..")) {
    throw new UserError(`TURNPIKE_DATA_DIR holds the project itself, which --fresh would delete: take a folder in it.`);
  }
  return folder;
}

/**
 * Settles what the parts run with: the environment, or what is made up once for the data folder.
 * @param port The port that is listened on.
 * @throws UserError which names the variable to set.
 */
export function readSettings(environment: SettingsEnvironment, dataDir: string, port: number): Settings {
  // What the stacks alone read, too: they run in a thread of their own, which would say it later, and at length.
  orSay(() => assertSettings("local", environment));
  const generated = keepGeneratedSettings(dataDir);
  const publicUrl = `http://localhost:${port}`;
  const loopbackUrl = `http://127.0.0.1:${port}`;
  const siteUrl = find("SITE_URL", environment) ?? publicUrl;
  const origins = [publicUrl, loopbackUrl, ...read("ALLOWED_ORIGINS", environment)];
  return {
    publicUrl,
    siteUrl,
    allowedOrigins: [...new Set(origins)].filter((origin) => origin !== siteUrl),
    stripe: readStripe(environment, generated, [publicUrl, loopbackUrl]),
    supabase: readSupabase(environment, generated, [publicUrl, loopbackUrl]),
  };
}

/**
 * What the stacks read: this environment, with the settings as they were settled. Secrets are not among them: they are bound to
 * the functions. Neither is what only a deploy uses, which may not fit a laptop.
 */
export function stacksEnvironment(environment: Environment, { siteUrl, allowedOrigins, stripe, supabase }: Settings) {
  const used: Environment = { ...environment };
  for (const [name, { local }] of Object.entries(declared)) if (!local) delete used[name];
  return {
    ...used,
    SITE_URL: siteUrl,
    ALLOWED_ORIGINS: allowedOrigins.join(","),
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    STRIPE_PUBLISHABLE_KEY: stripe.publishableKey,
    ...(stripe.apiBase && { STRIPE_API_BASE: stripe.apiBase }),
    ...(stripe.eventDestination !== "webhook" && { STRIPE_EVENT_SOURCE: stripe.eventSource }),
  } satisfies Environment;
}

/** The values of the stacks' `Config.Secret`s. */
export function stacksSecrets(settings: Settings): Record<SecretName, string> {
  return {
    STRIPE_SECRET_KEY: settings.stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: settings.stripe.webhookSecret,
    SUPABASE_SECRET_KEY: settings.supabase.secretKey,
  };
}

function readStripe(
  environment: SettingsEnvironment,
  generated: GeneratedSettings,
  ownUrls: [string, string],
): Settings["stripe"] {
  const apiBase = read("STRIPE_API_BASE", environment);
  const secretKey = find("STRIPE_SECRET_KEY", environment);
  const webhookSecret = find("STRIPE_WEBHOOK_SECRET", environment);
  // Our own address as the base keeps the emulator, with a secret key of one's choice.
  const emulated = apiBase ? ownUrls.includes(apiBase) : !secretKey;
  const base = emulated ? ownUrls[1] : apiBase;
  const publishableKey = find("STRIPE_PUBLISHABLE_KEY", environment);
  if (secretKey && publishableKey && isLive(secretKey) !== isLive(publishableKey)) {
    throw new UserError(
      "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY are of different modes, one test and one live: copy both from the same page of Stripe.",
    );
  }
  return {
    emulated,
    secretKey: secretKey ?? generated.stripeSecretKey,
    publishableKey: publishableKey ?? (emulated ? "pk_test_emulator" : ""),
    webhookSecret: webhookSecret ?? generated.stripeWebhookSecret,
    webhookSecretGenerated: !webhookSecret,
    ...(base && { apiBase: base }),
    eventDestination: readEventDestination(environment, emulated),
    eventSource: find("STRIPE_EVENT_SOURCE", environment) ?? "aws.partner/stripe.com/ed_local",
  };
}

const isLive = (key: string) => /^[a-z]{2}_live_/.test(key);

/** Amazon's EventBridge reaches no laptop. */
function readEventDestination(environment: SettingsEnvironment, emulated: boolean) {
  const destination = read("STRIPE_EVENT_DESTINATION", environment);
  if (emulated || destination === "webhook") return destination;
  throw new UserError(
    `STRIPE_EVENT_DESTINATION is "${destination}", and EventBridge brings Stripe's own events to AWS alone: leave it empty here, and use stripe listen.`,
  );
}

function readSupabase(
  environment: SettingsEnvironment,
  generated: GeneratedSettings,
  [publicUrl, loopbackUrl]: [string, string],
): Settings["supabase"] {
  const url = find("SUPABASE_URL", environment);
  // Our own address keeps the embedded one, as it keeps Stripe's emulator.
  const hosted = url === publicUrl || url === loopbackUrl ? undefined : url;
  const publishableKey = find("SUPABASE_PUBLISHABLE_KEY", environment);
  const secretKey = find("SUPABASE_SECRET_KEY", environment);
  if (hosted && !publishableKey) throw lacksKey("SUPABASE_PUBLISHABLE_KEY");
  if (hosted && !secretKey) throw lacksKey("SUPABASE_SECRET_KEY");
  return {
    embedded: !hosted,
    url: hosted ?? publicUrl,
    publishableKey: publishableKey ?? generated.supabasePublishableKey,
    secretKey: secretKey ?? generated.supabaseSecretKey,
    signingKey: read("SUPABASE_JWT_KEY", environment) ?? generated.supabaseJwtKey,
  };
}

function lacksKey(name: SettingName): UserError {
  return new UserError(
    `SUPABASE_URL is set, so ${name} must be too: copy it from the project's settings, "API keys", into .env.`,
  );
}

/** A setting that the local runtime has a value of its own for. @throws UserError */
function find<Name extends SettingName>(name: Name, environment: SettingsEnvironment): SettingValue<Name> | undefined {
  return environment[name] ? read(name, environment) : undefined;
}

const read = <Name extends SettingName>(name: Name, environment: SettingsEnvironment): SettingValue<Name> =>
  orSay(() => readSetting(name, environment));

function orSay<Result>(readSettings: () => Result): Result {
  try {
    return readSettings();
  } catch (error) {
    throw error instanceof SettingError ? new UserError(error.message) : error;
  }
}
