import {
  address,
  appName,
  domains,
  oneOf,
  onOff,
  onUnlessOff,
  optional,
  origins,
  type Parse,
  partnerEventSource,
  port,
  privateKey,
  publishableKey,
  siteAddress,
  text,
} from "./parse.ts";

interface Setting {
  /** What it is, for the README. */
  is: string;
  /** What `npm start` does when it is not set, for the README. */
  onLaptop: string;
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
const deployOnly = { secret: false, deployed: true, local: false, onLaptop: "not used" } as const;
const localOnly = { secret: false, deployed: false, local: true } as const;

/** Every setting of Turnpike. The README's table is written from here, and all that reads a setting takes its type from here. */
export const settings = {
  SITE_URL: {
    ...plain,
    is: "address of the web app, no slash at the end; redirects go there",
    onLaptop: "`http://localhost:$PORT`",
    parse: siteAddress,
  },
  ALLOWED_ORIGINS: {
    ...plain,
    is: "further origins that redirects and cookie posts may use, and whose pages may call the API, comma separated",
    onLaptop: "`http://127.0.0.1:$PORT`",
    parse: origins,
  },
  STRIPE_SECRET_KEY: { ...secret, is: "secret; calls Stripe", onLaptop: "the emulator runs", parse: text },
  STRIPE_WEBHOOK_SECRET: {
    ...secret,
    is: "secret; one or more `whsec_…`, comma separated",
    onLaptop: "made up",
    parse: text,
  },
  STRIPE_PUBLISHABLE_KEY: {
    ...plain,
    is: 'for browsers, where the site\'s own pages show Checkout (`page: "embedded"`): `pk_…`',
    onLaptop: "made up, with the emulator",
    parse: optional(publishableKey),
  },
  STRIPE_EVENT_DESTINATION: {
    ...plain,
    is: "how Stripe's events come: `webhook`, `eventbridge` or `both`",
    onLaptop: "`webhook`",
    parse: oneOf("webhook", "eventbridge", "both"),
  },
  STRIPE_EVENT_SOURCE: {
    ...plain,
    is: "for `eventbridge`: Stripe's partner event source, `aws.partner/stripe.com/ed_…`",
    onLaptop: "made up",
    parse: partnerEventSource,
  },
  STRIPE_CUSTOM_DOMAINS: {
    ...plain,
    is: "domains of yours that Stripe's pages are on, comma separated: `pay.example.com`",
    onLaptop: "not used",
    parse: domains,
  },
  TRIAL_REQUIRES_CARD: {
    ...plain,
    is: "`off`: a free trial begins without a card, and ends by itself when none was given",
    onLaptop: "`on`",
    parse: onUnlessOff,
  },
  BILLING_CONFIG: {
    ...plain,
    is: "another file than `billing.config.ts`, for a stage that sells otherwise",
    onLaptop: "`billing.config.ts`, if it is there",
    parse: optional(text),
  },
  SUPABASE_URL: { ...plain, is: "the project", onLaptop: "the embedded Supabase runs", parse: address },
  SUPABASE_PUBLISHABLE_KEY: { ...plain, is: "for browsers", onLaptop: "made up", parse: text },
  SUPABASE_SECRET_KEY: { ...secret, is: "secret; passes row-level security", onLaptop: "made up", parse: text },
  ON_USER_DELETE: {
    ...plain,
    is: "what becomes of a deleted user's subscriptions: `cancel`, `cancel_at_period_end` or `keep`",
    onLaptop: "`cancel`",
    parse: oneOf("cancel", "cancel_at_period_end", "keep"),
  },
  ON_DOUBLE_SUBSCRIPTION: {
    ...plain,
    is: "what becomes of a second subscription that our own pages sold beside a first: `cancel` (and pay it back, within three days) or `report`",
    onLaptop: "`cancel`",
    parse: oneOf("cancel", "report"),
  },
  SITE_HOSTED_ZONE_ID: {
    ...deployOnly,
    is: "zone in Route 53 of `SITE_URL`'s domain: its certificate and records are made there",
    parse: optional(text),
  },
  SITE_CERTIFICATE_ARN: {
    ...deployOnly,
    is: "certificate of `us-east-1` for `SITE_URL`'s domain",
    parse: optional(text),
  },
  APP_NAME: {
    ...deployOnly,
    is: "what AWS knows this product by, beside a second one in the same account: `turnpike`, unless it is set",
    parse: appName,
  },
  ALARM_EMAIL: {
    ...deployOnly,
    is: "whom the alarms of `prod` and `staging` mail; `prod` must have it",
    parse: optional(text),
  },
  WAF: {
    ...deployOnly,
    is: "`on`: a firewall in front of the site and the API, in `us-east-1`",
    parse: onOff,
  },
  TRACING: { ...deployOnly, is: "`on`: AWS X-Ray traces the functions", parse: onOff },
  DEPLOY_AT_ONCE: {
    ...deployOnly,
    is: "`on`: `prod` gets the new code all at once, and keeps it whatever rings ([when](docs/upgrade-and-teardown.md#going-back))",
    parse: onOff,
  },
  PORT: { ...localOnly, is: "the one local address", onLaptop: "`3000`", parse: port },
  TURNPIKE_DATA_DIR: {
    ...localOnly,
    is: "where local data lives",
    onLaptop: "`.turnpike`",
    parse: (value = ".turnpike") => value,
  },
  STRIPE_API_BASE: {
    ...localOnly,
    is: "another server that speaks Stripe's API",
    onLaptop: "the emulator's",
    parse: optional(address),
  },
  SUPABASE_JWT_KEY: {
    ...localOnly,
    is: "private JWK (ES256) of the embedded Supabase",
    onLaptop: "made up",
    parse: optional(privateKey),
  },
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
