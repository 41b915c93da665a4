import {
  address,
  appName,
  domains,
  emailAddress,
  folder,
  hostedZone,
  oneOf,
  onOff,
  onUnlessOff,
  optional,
  origins,
  type Parse,
  partnerEventSource,
  port,
  privateKey,
  siteCertificate,
  stripePublishableKey,
  stripeSecretKey,
  supabasePublishableKey,
  supabaseSecretKey,
  text,
  webhookSecrets,
} from "./parse.ts";

interface Setting {
  /** Whether `sst secrets load` keeps it: a secret is never written into a template or a function's environment. */
  secret: boolean;
  /** Whether a deployed stage uses it. If not, it is for `npm start` alone. */
  deployed: boolean;
  /** Whether `npm start` uses it. If not, what a deploy needs may stand in `.env` all the same. */
  local: boolean;
  parse: Parse<unknown>;
}

const plain = { secret: false, deployed: true, local: true } as const;
const secret = { secret: true, deployed: true, local: true } as const;
const deployOnly = { secret: false, deployed: true, local: false } as const;
const localOnly = { secret: false, deployed: false, local: true } as const;

/** Every setting of Turnpike. All that reads a setting takes its type from here. `described.ts` says what each is. */
export const settings = {
  SITE_URL: { ...plain, parse: address },
  ALLOWED_ORIGINS: { ...plain, parse: origins },
  STRIPE_SECRET_KEY: { ...secret, parse: stripeSecretKey },
  STRIPE_WEBHOOK_SECRET: { ...secret, parse: webhookSecrets },
  STRIPE_PUBLISHABLE_KEY: { ...plain, parse: optional(stripePublishableKey) },
  STRIPE_EVENT_DESTINATION: { ...plain, parse: oneOf("webhook", "eventbridge", "both") },
  STRIPE_EVENT_SOURCE: { ...plain, parse: partnerEventSource },
  STRIPE_CUSTOM_DOMAINS: { ...plain, parse: domains },
  TRIAL_REQUIRES_CARD: { ...plain, parse: onUnlessOff },
  BILLING_CONFIG: { ...plain, parse: optional(text) },
  SUPABASE_URL: { ...plain, parse: address },
  SUPABASE_PUBLISHABLE_KEY: { ...plain, parse: supabasePublishableKey },
  SUPABASE_SECRET_KEY: { ...secret, parse: supabaseSecretKey },
  ON_USER_DELETE: { ...plain, parse: oneOf("cancel", "cancel_at_period_end", "keep") },
  ON_DOUBLE_SUBSCRIPTION: { ...plain, parse: oneOf("cancel", "report") },
  SITE_HOSTED_ZONE_ID: { ...deployOnly, parse: optional(hostedZone) },
  SITE_CERTIFICATE_ARN: { ...deployOnly, parse: optional(siteCertificate) },
  APP_NAME: { ...deployOnly, parse: appName },
  ALARM_EMAIL: { ...deployOnly, parse: optional(emailAddress) },
  WAF: { ...deployOnly, parse: onOff },
  TRACING: { ...deployOnly, parse: onOff },
  DEPLOY_AT_ONCE: { ...deployOnly, parse: onOff },
  PORT: { ...localOnly, parse: port },
  TURNPIKE_DATA_DIR: { ...localOnly, parse: folder },
  STRIPE_API_BASE: { ...localOnly, parse: optional(address) },
  SUPABASE_JWT_KEY: { ...localOnly, parse: optional(privateKey) },
} as const satisfies Record<string, Setting>;

type Settings = typeof settings;
export type SettingName = keyof Settings;
export type SettingValue<Name extends SettingName> = ReturnType<Settings[Name]["parse"]>;

/** An environment that holds settings, whatever else it holds. */
export type SettingsEnvironment = { readonly [Name in SettingName]?: string | undefined };

type NameWhere<Kind> = { [Name in SettingName]: Settings[Name] extends Kind ? Name : never }[SettingName];
/** What `sst secrets load` keeps. */
export type SecretName = NameWhere<{ secret: true }>;
/** What may stand in a function's environment. */
export type PlainSettingName = NameWhere<{ secret: false }>;
