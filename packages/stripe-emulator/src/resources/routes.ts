import type { Route } from "../api/route.ts";
import { accountRoutes } from "./accounts.ts";
import { balanceTransactionRoutes } from "./balance-transactions.ts";
import { checkoutSessionRoutes } from "./checkout-sessions.ts";
import { cliSessionRoutes } from "./cli-sessions.ts";
import { connectedAccountRoutes } from "./connected-accounts.ts";
import { couponRoutes } from "./coupons.ts";
import { creditGrantRoutes } from "./credit-grants.ts";
import { creditNoteRoutes } from "./credit-notes.ts";
import { customerSourceRoutes } from "./customer-sources.ts";
import { customerRoutes } from "./customers.ts";
import { disputeRoutes } from "./disputes.ts";
import { entitlementRoutes } from "./entitlements.ts";
import { eventRoutes } from "./events.ts";
import { fundRoutes } from "./funds.ts";
import { invoiceItemRoutes } from "./invoice-items.ts";
import { invoiceRoutes } from "./invoices.ts";
import { meterStreamRoutes } from "./meter-streams.ts";
import { meterRoutes } from "./meters.ts";
import { paymentIntentRoutes } from "./payment-intents.ts";
import { paymentLinkRoutes } from "./payment-links.ts";
import { paymentMethodRoutes } from "./payment-methods.ts";
import { paymentPageRoutes } from "./payment-pages.ts";
import { paymentRoutes } from "./payments.ts";
import { planRoutes } from "./plans.ts";
import { portalConfigurationRoutes } from "./portal-configurations.ts";
import { portalSessionRoutes } from "./portal-sessions.ts";
import { priceRoutes } from "./prices.ts";
import { productRoutes } from "./products.ts";
import { promotionCodeRoutes } from "./promotion-codes.ts";
import { quoteRoutes } from "./quotes.ts";
import { refundRoutes } from "./refunds.ts";
import { searchRoutes } from "./searches.ts";
import { setupIntentRoutes } from "./setup-intents.ts";
import { subscriptionItemRoutes } from "./subscription-items.ts";
import { subscriptionScheduleRoutes } from "./subscription-schedules.ts";
import { subscriptionRoutes } from "./subscriptions.ts";
import { taxIdRoutes } from "./tax-ids.ts";
import { taxRateRoutes } from "./tax-rates.ts";
import { taxSettingsRoutes } from "./tax-settings.ts";
import { testClockRoutes } from "./test-clocks.ts";
import { topupRoutes } from "./topups.ts";
import { transferRoutes } from "./transfers.ts";
import { verificationSessionRoutes } from "./verification-sessions.ts";
import { webhookEndpointRoutes } from "./webhook-endpoints.ts";

/** What is served of Stripe's API. */
export const ROUTES: Route[] = [
  ...searchRoutes, // before what has an id in their place
  ...accountRoutes,
  ...connectedAccountRoutes,
  ...customerRoutes,
  ...customerSourceRoutes,
  ...balanceTransactionRoutes,
  ...fundRoutes,
  ...topupRoutes,
  ...transferRoutes,
  ...productRoutes,
  ...priceRoutes,
  ...planRoutes,
  ...meterRoutes,
  ...meterStreamRoutes,
  ...creditGrantRoutes,
  ...couponRoutes,
  ...promotionCodeRoutes,
  ...checkoutSessionRoutes,
  ...paymentLinkRoutes,
  ...quoteRoutes,
  ...subscriptionRoutes,
  ...subscriptionItemRoutes,
  ...subscriptionScheduleRoutes,
  ...invoiceRoutes,
  ...invoiceItemRoutes,
  ...creditNoteRoutes,
  ...paymentIntentRoutes,
  ...paymentPageRoutes,
  ...paymentRoutes,
  ...paymentMethodRoutes,
  ...refundRoutes,
  ...disputeRoutes,
  ...portalConfigurationRoutes,
  ...portalSessionRoutes,
  ...eventRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
  ...entitlementRoutes,
  ...setupIntentRoutes,
  ...taxIdRoutes,
  ...taxRateRoutes,
  ...taxSettingsRoutes,
  ...verificationSessionRoutes,
  ...cliSessionRoutes,
];
