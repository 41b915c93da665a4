import type { SettingName } from "./settings.ts";

interface Description {
  /** What it is. */
  is: string;
  /** What `npm start` does when it is not set; nothing for what only a deploy uses. */
  onLaptop?: string;
}

/** What the README says of each setting. It stands apart from what is read, because that is in every function's bundle. */
export const described: Record<SettingName, Description> = {
  SITE_URL: {
    is: "address of the web app, no slash at the end; redirects go there",
    onLaptop: "`http://localhost:$PORT`",
  },
  ALLOWED_ORIGINS: {
    is: "further origins that redirects and cookie posts may use, and whose pages may call the API, comma separated",
    onLaptop: "`http://127.0.0.1:$PORT`",
  },
  STRIPE_SECRET_KEY: { is: "secret; calls Stripe: `sk_…`, or `rk_…`", onLaptop: "the emulator runs" },
  STRIPE_WEBHOOK_SECRET: { is: "secret; one or more `whsec_…`, comma separated", onLaptop: "made up" },
  STRIPE_PUBLISHABLE_KEY: {
    is: 'for browsers, where the site\'s own pages show Checkout (`page: "embedded"`): `pk_…`',
    onLaptop: "made up, with the emulator",
  },
  STRIPE_EVENT_DESTINATION: {
    is: "how Stripe's events come: `webhook`, `eventbridge` or `both`",
    onLaptop: "`webhook`",
  },
  STRIPE_EVENT_SOURCE: {
    is: "for `eventbridge`: Stripe's partner event source, `aws.partner/stripe.com/ed_…`",
    onLaptop: "made up",
  },
  STRIPE_CUSTOM_DOMAINS: {
    is: "domains of yours that Stripe's pages are on, comma separated: `pay.example.com`",
    onLaptop: "not used",
  },
  TRIAL_REQUIRES_CARD: {
    is: "`off`: a free trial begins without a card, and ends by itself when none was given",
    onLaptop: "`on`",
  },
  BILLING_CONFIG: {
    is: "another file than `billing.config.ts`, for a stage that sells otherwise",
    onLaptop: "`billing.config.ts`, if it is there",
  },
  SUPABASE_URL: { is: "the project", onLaptop: "the embedded Supabase runs" },
  SUPABASE_PUBLISHABLE_KEY: { is: "for browsers", onLaptop: "made up" },
  SUPABASE_SECRET_KEY: { is: "secret; passes row-level security", onLaptop: "made up" },
  ON_USER_DELETE: {
    is: "what becomes of a deleted user's subscriptions: `cancel`, `cancel_at_period_end` or `keep`",
    onLaptop: "`cancel`",
  },
  ON_DOUBLE_SUBSCRIPTION: {
    is: "what becomes of a second subscription that our own pages sold beside a first: `cancel` (and pay it back, within three days) or `report`",
    onLaptop: "`cancel`",
  },
  SITE_HOSTED_ZONE_ID: { is: "zone in Route 53 of `SITE_URL`'s domain: its certificate and records are made there" },
  SITE_CERTIFICATE_ARN: { is: "certificate of `us-east-1` for `SITE_URL`'s domain" },
  APP_NAME: {
    is: "what AWS knows this product by, beside a second one in the same account: `turnpike`, unless it is set",
  },
  ALARM_EMAIL: { is: "whom the alarms of `prod` and `staging` mail; `prod` must have it" },
  WAF: { is: "`on`: a firewall in front of the site and the API, in `us-east-1`" },
  TRACING: { is: "`on`: AWS X-Ray traces the functions" },
  DEPLOY_AT_ONCE: {
    is: "`on`: `prod` gets the new code all at once, and keeps it whatever rings ([when](docs/upgrade-and-teardown.md#going-back))",
  },
  PORT: { is: "the one local address", onLaptop: "`3000`" },
  TURNPIKE_DATA_DIR: { is: "where local data lives", onLaptop: "`.turnpike`" },
  STRIPE_API_BASE: { is: "another server that speaks Stripe's API", onLaptop: "the emulator's" },
  SUPABASE_JWT_KEY: { is: "private JWK (ES256) of the embedded Supabase", onLaptop: "made up" },
};
