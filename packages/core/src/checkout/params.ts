import { createHash } from "node:crypto";
import type Stripe from "stripe";
import type { CheckoutOptions } from "../config/schema.ts";
import type { Buyer } from "../customer/index.ts";
import type { Payer } from "../payer/index.ts";
import type { Basket, Item } from "./items.ts";
import { optionParams } from "./options.ts";
import type { Purchase } from "./purchase.ts";

type Params = Stripe.Checkout.SessionCreateParams;

/** What a page is opened for. */
export interface Sale {
  basket: Basket;
  purchase: Purchase;
  buyer: Buyer;
  payer: Payer;
  /** Whether a trial asks for a card; one without ends by itself. */
  trialRequiresCard: boolean;
  options: CheckoutOptions;
}

/** What Stripe is asked to open for a guest, who has no trial: nobody knows whether they had one. */
export function guestParams(sale: Pick<Sale, "basket" | "purchase" | "options">): Params {
  const [{ price }] = sale.basket;
  return {
    ...baseParams(sale, {}),
    // A subscription always makes a customer; a payment only when told to.
    ...(price.mode === "payment" && { customer_creation: "always" }),
  };
}

/**
 * What Stripe is asked to open for a payer. Its metadata hold a digest of all of it, by which the page is known again when the same
 * is asked for: a session does not show each of its parameters.
 */
export function payerParams(sale: Sale, customer: string, trialDays: number): Params {
  const { buyer } = sale;
  const params = {
    ...baseParams(sale, metadataOf(sale)),
    customer,
    // Automatic tax needs an address, and a tax id a name, which Checkout asks for and must be allowed to keep.
    customer_update: { address: "auto", name: "auto" },
    // Whom it names has the use of what was bought: an organisation's purchase is not its manager's.
    ...("userId" in sale.payer && { client_reference_id: buyer.id }),
  } satisfies Params;
  if (trialDays > 0) Object.assign(params, trialParams(params, trialDays, sale.trialRequiresCard));
  const digest = createHash("sha256").update(JSON.stringify(params)).digest("hex");
  return { ...params, metadata: { ...params.metadata, purchase: digest } };
}

function baseParams(
  { basket, purchase, options }: Pick<Sale, "basket" | "purchase" | "options">,
  named: Stripe.MetadataParam,
) {
  const [{ price }] = basket;
  // In this order: nothing that a request brings along takes the place of what is ours.
  const metadata = { ...purchase.metadata, ...named, sold_by: "turnpike" };
  return {
    mode: price.mode,
    line_items: basket.map(lineItem),
    ...returnParams(purchase),
    ...currencyParams(price.currency, purchase.currency ?? options.currency),
    ...optionParams(options, price, metadata),
    metadata: { ...metadata, price_id: price.id },
    // Stripe copies a session's metadata to nothing that it creates.
    ...(price.mode === "subscription" ? { subscription_data: { metadata } } : { payment_intent_data: { metadata } }),
  } satisfies Params;
}

/** A page that is embedded has nothing to go back from. */
function returnParams({ page, successUrl, cancelUrl }: Purchase): Params {
  return page === "embedded"
    ? { ui_mode: "embedded_page", return_url: successUrl }
    : { success_url: successUrl, cancel_url: cancelUrl };
}

/** Left out, Stripe chooses among the currencies of the prices by where the buyer is. */
function currencyParams(currency: string, chosen: string | undefined): Pick<Params, "currency"> {
  return currency === chosen ? { currency } : {};
}

function lineItem({ price, quantity, adjustable }: Item): Stripe.Checkout.SessionCreateParams.LineItem {
  const { least: minimum, most: maximum } = price.bounds;
  return {
    price: price.id,
    ...(quantity !== undefined && { quantity }),
    ...(adjustable && { adjustable_quantity: { enabled: true, minimum, maximum } }),
  };
}

function metadataOf({ buyer, payer }: Sale): Stripe.MetadataParam {
  return {
    ...("organizationId" in payer && { organization_id: payer.organizationId }),
    user_id: buyer.id,
    ...(buyer.email && { user_email: buyer.email }),
  };
}

/** Stripe does not take a price's trial by itself: https://docs.stripe.com/payments/checkout/free-trials */
function trialParams({ subscription_data }: Params, trialDays: number, requiresCard: boolean): Partial<Params> {
  const subscription = { ...subscription_data, trial_period_days: trialDays };
  if (requiresCard) return { subscription_data: subscription };
  return {
    subscription_data: { ...subscription, trial_settings: { end_behavior: { missing_payment_method: "cancel" } } },
    payment_method_collection: "if_required",
  };
}
