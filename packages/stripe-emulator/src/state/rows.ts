import type Stripe from "stripe";
import type { FailedJob, JobRow } from "./job.ts";
import type { LinkItems, SessionDetails } from "./selling.ts";
import type { Stored } from "./stored.ts";

/** How a test card or account behaves when it is charged. */
export type PaymentOutcome =
  | "succeeds"
  | "declined"
  | "settles"
  | "fails_later"
  // Can be attached, but not charged.
  | "attaches_only"
  // Asks for 3D Secure, at the first payment or at each.
  | "authenticates_once"
  | "authenticates_always"
  // Asks whoever is there; who is away has passed it long ago.
  | "authenticates_on_session"
  // These succeed, and trouble follows.
  | "disputed"
  | "fraud_warned"
  | "inquired"
  | "not_received"
  | "refund_fails"
  | "refund_waits"
  // Its money can be paid out at once.
  | "bypasses_pending";

export interface DeliveryRow {
  id: string;
  event: string;
  /** `we_1` is the first of the configured endpoints: after a restart on another port it is still the same one. */
  endpoint: string;
  status: "pending" | "delivered" | "failed";
  attempts: number;
  /** Milliseconds since the epoch; null when there is nothing more to send. */
  nextAttemptAt: number | null;
  lastStatus: number | null;
}

/** One try at a delivery, when it was over. */
export interface DeliveryAttempt {
  id: string;
  delivery: string;
  /** When it began, in milliseconds since the epoch. */
  at: number;
  durationMs: number;
  /** Null when there was no answer; `error` says why. */
  status: number | null;
  error: string | null;
  /** How the answer's body begins. */
  excerpt: string;
}

/** An endpoint of the configuration that was switched off. */
export interface DisabledEndpoint {
  id: string;
}

/** The answer to a POST that carried an idempotency key (the id). */
export interface ReplyRow {
  id: string;
  fingerprint: string;
  requestId: string;
  status: number;
  body: string;
  at: number;
}

export interface InstrumentRow {
  id: string;
  outcome: PaymentOutcome;
  /** How a declined one is declined; absent: without a reason. */
  decline?: { code: string; decline_code?: string; message: string };
  /** It was a customer's, or was charged without being one's, and may not be used again. */
  usedUp?: true;
}

/** An endpoint's (the id) newer secret; `until`, in milliseconds since the epoch, the previous one signs along. */
export interface RolledSecret {
  id: string;
  secret: string;
  previous: string;
  until: number;
}

/** The lookup keys that a customer (the id) was last told to be entitled to. */
export interface EntitlementSet {
  id: string;
  keys: string[];
}

/** What the account's owner sets in Stripe's dashboard, and no API call. One row; absent: all is set up. */
export interface DashboardSettings {
  id: "dashboard";
  /** Whether the tax settings have a head office: without it Stripe refuses automatic tax. */
  tax: boolean;
  /** Whether the public business details have the terms' address: without it Stripe lets nobody accept them. */
  terms: boolean;
  /** Whether the portal's settings were saved: without that, portal sessions need a configuration. */
  portal: boolean;
  /** Where whoever has a subscription is sent instead of buying another; null: they may buy it. */
  one_subscription_url: string | null;
}

/** As invoices and sessions show it. */
export interface TaxId {
  type: Stripe.Checkout.Session.CustomerDetails.TaxId.Type;
  value: string;
}

/** The products that a coupon (the id) is limited to: shown only when `applies_to` is expanded. */
export interface CouponScope {
  id: string;
  products: string[];
}

/** What a price (the id) costs in other currencies than its own: shown only when `currency_options` is expanded. */
export interface CurrencyOptions {
  id: string;
  options: Record<string, CurrencyOption>;
}

/** The tiers of a price (the id): shown only when they are expanded. */
export interface PriceTiers {
  id: string;
  tiers: Tier[];
}

export type Tier = Stored<Stripe.Price.Tier>;

export type CurrencyOption = Pick<
  Stored<Stripe.Price>,
  "custom_unit_amount" | "unit_amount" | "unit_amount_decimal"
> & {
  tax_behavior: Stripe.Price.TaxBehavior;
};

/** What a quote (the id) offers. */
export interface QuoteDetails {
  id: string;
  lineItems: Stored<Stripe.LineItem>[];
  /** By the line item's id. */
  taxRates: Record<string, Stored<Stripe.TaxRate>[]>;
  defaultRates: Stored<Stripe.TaxRate>[];
}

export interface Rows {
  /** One: whose objects these are. */
  accounts: Stored<Stripe.Account>;
  /** Of others, that joined it. */
  connectedAccounts: Stored<Stripe.Account>;
  dashboard: DashboardSettings;
  customers: Stored<Stripe.Customer>;
  deletedCustomers: Stripe.DeletedCustomer;
  taxNumbers: Stored<Stripe.TaxId>;
  taxRates: Stored<Stripe.TaxRate>;
  products: Stored<Stripe.Product>;
  prices: Stored<Stripe.Price>;
  currencyOptions: CurrencyOptions;
  priceTiers: PriceTiers;
  /** The prices (their ids) that were made inside another request. */
  inlinePrices: { id: string };
  meters: Stored<Stripe.Billing.Meter>;
  meterEvents: MeterEventRow;
  meterSessions: MeterSession;
  creditGrants: Stored<Stripe.Billing.CreditGrant>;
  /** What was granted, used, lost and given back. */
  creditEntries: Stored<Stripe.Billing.CreditBalanceTransaction>;
  checkoutSessions: Stored<Stripe.Checkout.Session>;
  sessionDetails: SessionDetails;
  paymentLinks: Stored<Stripe.PaymentLink>;
  linkItems: LinkItems;
  quotes: Stored<Stripe.Quote>;
  quoteDetails: QuoteDetails;
  subscriptions: Stored<Stripe.Subscription>;
  subscriptionSchedules: Stored<Stripe.SubscriptionSchedule>;
  invoices: Stored<Stripe.Invoice>;
  invoicePayments: Stored<Stripe.InvoicePayment>;
  paymentIntents: Stored<Stripe.PaymentIntent>;
  charges: Stored<Stripe.Charge>;
  refunds: Stored<Stripe.Refund>;
  paymentMethods: Stored<Stripe.PaymentMethod>;
  instruments: InstrumentRow;
  portalSessions: Stored<Stripe.BillingPortal.Session>;
  portalConfigurations: Stored<Stripe.BillingPortal.Configuration>;
  webhookEndpoints: Stripe.WebhookEndpoint;
  rolledSecrets: RolledSecret;
  disabledEndpoints: DisabledEndpoint;
  features: Stripe.Entitlements.Feature;
  productFeatures: Stripe.ProductFeature & { product: string };
  entitlementSets: EntitlementSet;
  setupIntents: Stored<Stripe.SetupIntent>;
  invoiceItems: Stored<Stripe.InvoiceItem>;
  disputes: Stored<Stripe.Dispute>;
  coupons: Stored<Stripe.Coupon>;
  /** Nobody can redeem them any more; discounts that were granted go on. */
  deletedCoupons: Stored<Stripe.Coupon>;
  couponScopes: CouponScope;
  promotionCodes: Stored<Stripe.PromotionCode>;
  /** Also those that were removed: invoices name them. */
  discounts: Stored<Stripe.Discount>;
  balanceTransactions: Stored<Stripe.CustomerBalanceTransaction>;
  /** What came to the balance of the account, and left it. */
  funds: Stored<Stripe.BalanceTransaction>;
  payouts: Stored<Stripe.Payout>;
  topups: Stored<Stripe.Topup>;
  transfers: Stored<Stripe.Transfer>;
  verificationSessions: Stored<Stripe.Identity.VerificationSession>;
  creditNotes: Stored<Stripe.CreditNote>;
  fraudWarnings: Stored<Stripe.Radar.EarlyFraudWarning>;
  testClocks: Stripe.TestHelpers.TestClock;
  events: EventRow;
  deliveries: DeliveryRow;
  deliveryAttempts: DeliveryAttempt;
  jobs: JobRow;
  failedJobs: FailedJob;
  replies: ReplyRow;
}

/** By its identifier, which Stripe keeps to tell a repetition by. */
export interface MeterEventRow extends Stripe.Billing.MeterEvent {
  id: string;
  /** It was told by mistake, and counts no more. */
  canceled?: true;
}

/** With its token events are streamed, until it expires (seconds). */
export interface MeterSession {
  id: string;
  token: string;
  expires: number;
}

export interface EventRow {
  id: string;
  object: "event";
  /** The connected account that it happened to. */
  account?: string;
  api_version: string;
  created: number;
  data: { object: { id?: string; object: string }; previous_attributes?: Record<string, unknown> };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: Stripe.Event.Type;
}

export type TableName = keyof Rows;

export const TABLE_NAMES: Record<TableName, true> = {
  accounts: true,
  connectedAccounts: true,
  dashboard: true,
  customers: true,
  deletedCustomers: true,
  taxNumbers: true,
  taxRates: true,
  products: true,
  prices: true,
  currencyOptions: true,
  priceTiers: true,
  inlinePrices: true,
  meters: true,
  meterEvents: true,
  meterSessions: true,
  creditGrants: true,
  creditEntries: true,
  checkoutSessions: true,
  sessionDetails: true,
  paymentLinks: true,
  linkItems: true,
  quotes: true,
  quoteDetails: true,
  subscriptions: true,
  subscriptionSchedules: true,
  invoices: true,
  invoicePayments: true,
  paymentIntents: true,
  charges: true,
  refunds: true,
  paymentMethods: true,
  instruments: true,
  portalSessions: true,
  portalConfigurations: true,
  webhookEndpoints: true,
  rolledSecrets: true,
  disabledEndpoints: true,
  features: true,
  productFeatures: true,
  entitlementSets: true,
  setupIntents: true,
  invoiceItems: true,
  disputes: true,
  coupons: true,
  deletedCoupons: true,
  couponScopes: true,
  promotionCodes: true,
  discounts: true,
  balanceTransactions: true,
  funds: true,
  payouts: true,
  topups: true,
  transfers: true,
  verificationSessions: true,
  creditNotes: true,
  fraudWarnings: true,
  testClocks: true,
  events: true,
  deliveries: true,
  deliveryAttempts: true,
  jobs: true,
  failedJobs: true,
  replies: true,
};
