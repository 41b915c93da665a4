import type Stripe from "stripe";
import type { TaxId } from "./rows.ts";
import type { Stored } from "./stored.ts";

/** What a checkout session keeps beside its public face. */
export interface SessionDetails {
  id: string;
  lineItems: Stored<Stripe.LineItem>[];
  /** By the line item's id; one without any is not there. Absent in a state from before there were any. */
  taxRates?: Record<string, Stored<Stripe.TaxRate>[]>;
  subscriptionData: {
    metadata: Stripe.Metadata;
    trialPeriodDays: number | null;
    /** In seconds, where the end was named and not the days. */
    trialEnd: number | null;
    /** When the first whole period begins; absent: when it is bought. */
    anchor?: number;
    anchorConfig?: Stored<Stripe.Subscription>["billing_cycle_anchor_config"];
    /** Whether the time up to the anchor is charged. */
    prorates?: boolean;
    description: string | null;
    /** Of what recurs, where a line item has none of its own. */
    taxRates?: Stored<Stripe.TaxRate>[];
    missingPaymentMethod: "create_invoice" | "cancel" | "pause";
  };
  paymentIntentData: {
    metadata: Stripe.Metadata;
    description: string | null;
    futureUsage: "off_session" | "on_session" | null;
    captureMethod: Stripe.PaymentIntent.CaptureMethod;
  };
  /** What the invoice of a one-time purchase says; null: it has none. */
  invoiceCreation: { metadata: Stripe.Metadata; description: string | null; footer: string | null } | null;
  /** Whether the page may write what the buyer typed onto an existing customer. */
  updatesCustomerName: boolean;
  updatesCustomerAddress: boolean;
  /** What the buyer has typed so far. */
  address: Stripe.Address | null;
  taxId: TaxId | null;
  customFields?: Stored<Stripe.Checkout.Session>["custom_fields"];
  /** What stands in the e-mail's field at first. */
  prefilledEmail: string | null;
  /** What the page says when it is paid (empty: the usual words); null: the buyer is sent to `success_url`. */
  thanks: string | null;
}

/** What a payment link (the id) sells. */
export interface LinkItems {
  id: string;
  items: Stored<Stripe.LineItem>[];
}
