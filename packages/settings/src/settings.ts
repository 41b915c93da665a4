import { address, onOff, optional, origins, type Parse, port, privateKey, siteAddress, text } from "./parse.ts";

interface Setting {
  /** What it is, for the README. */
  is: string;
  /** What `npm start` does when it is not set, for the README. */
  onLaptop: string;
  /** Whether `sst secrets set` keeps it: a secret is never written into a template or a function's environment. */
  secret: boolean;
  /** Whether a deployed stage uses it. If not, it is for `npm start` alone. */
  deployed: boolean;
  parse: Parse<unknown>;
}

const plain = { secret: false, deployed: true } as const;
const secret = { secret: true, deployed: true } as const;
const local = { secret: false, deployed: false } as const;

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
    is: "further origins that redirects and cookie posts may use, comma separated",
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
  SUPABASE_URL: { ...plain, is: "the project", onLaptop: "the embedded Supabase runs", parse: address },
  SUPABASE_PUBLISHABLE_KEY: { ...plain, is: "for browsers", onLaptop: "made up", parse: text },
  SUPABASE_SECRET_KEY: { ...secret, is: "secret; passes row-level security", onLaptop: "made up", parse: text },
  SITE_HOSTED_ZONE_ID: {
    ...plain,
    is: "zone in Route 53 of `SITE_URL`'s domain: its certificate and records are made there",
    onLaptop: "not used",
    parse: optional(text),
  },
  SITE_CERTIFICATE_ARN: {
    ...plain,
    is: "certificate of `us-east-1` for `SITE_URL`'s domain",
    onLaptop: "not used",
    parse: optional(text),
  },
  ALARM_EMAIL: {
    ...plain,
    is: "whom the alarms of `prod` and `staging` mail",
    onLaptop: "not used",
    parse: optional(text),
  },
  WAF: {
    ...plain,
    is: "`on`: a firewall in front of the site and the API, in `us-east-1`",
    onLaptop: "not used",
    parse: onOff,
  },
  TRACING: { ...plain, is: "`on`: AWS X-Ray traces the functions", onLaptop: "not used", parse: onOff },
  PORT: { ...local, is: "the one local address", onLaptop: "`3000`", parse: port },
  TURNPIKE_DATA_DIR: {
    ...local,
    is: "where local data lives",
    onLaptop: "`.turnpike`",
    parse: (value = ".turnpike") => value,
  },
  STRIPE_API_BASE: {
    ...local,
    is: "another server that speaks Stripe's API",
    onLaptop: "the emulator's",
    parse: optional(address),
  },
  SUPABASE_JWT_KEY: {
    ...local,
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
/** What `sst secrets set` keeps. */
export type SecretName = NameWhere<{ secret: true }>;
/** What may stand in a function's environment. */
export type PlainSettingName = NameWhere<{ secret: false }>;
