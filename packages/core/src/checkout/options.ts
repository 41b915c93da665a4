import type Stripe from "stripe";
import type { SellablePrice } from "../catalog/index.ts";
import type { CheckoutOptions } from "../config/schema.ts";
import { BillingError } from "../errors/index.ts";
import { dataOf, type ServiceClient } from "../supabase/index.ts";

type Params = Stripe.Checkout.SessionCreateParams;

/** What `billing.config.ts` has to say about a page. What it leaves out is as the reference documents ask. */
export function optionParams(options: CheckoutOptions, { mode }: SellablePrice, metadata: Stripe.MetadataParam) {
  const { automaticTax = true, promotionCodes = true, coupon, taxIds, terms, billingAddress, locale } = options;
  return {
    automatic_tax: { enabled: automaticTax },
    // Stripe takes no more than one of them, not even one that is switched off.
    ...(coupon ? { discounts: [{ coupon }] } : { allow_promotion_codes: promotionCodes }),
    ...(taxIds && {
      tax_id_collection: { enabled: true, ...(taxIds === "required" && { required: "if_supported" as const }) },
    }),
    ...(terms && { consent_collection: { terms_of_service: "required" as const } }),
    ...(billingAddress && { billing_address_collection: billingAddress }),
    ...(locale && { locale }),
    // A subscription has invoices anyway, and Stripe refuses to be told.
    ...(options.invoices && mode === "payment" && { invoice_creation: { enabled: true, invoice_data: { metadata } } }),
  } satisfies Params;
}

/**
 * Lets only those keys in that the product lists, and none by which a purchase is known to be somebody's: whoever buys chooses the value.
 * @throws BillingError `invalid_request`
 */
export async function assertTaken(
  supabase: ServiceClient,
  options: CheckoutOptions,
  metadata: Record<string, string> = {},
): Promise<void> {
  const [taken, brought] = [options.metadata ?? [], Object.keys(metadata)];
  if (brought.length === 0) return;
  if (!brought.every((key) => taken.includes(key))) {
    throw new BillingError(
      "invalid_request",
      taken.length > 0 ? `A sale's metadata may hold: ${taken.join(", ")}` : "A sale takes no metadata here",
    );
  }
  const ofOwners = dataOf(await supabase.rpc("owner_keys"));
  if (!brought.some((key) => ofOwners.includes(key))) return;
  throw new BillingError(
    "invalid_request",
    "This key of a sale's metadata says whose it is, and is not the buyer's to choose",
    "billing.config.ts lists a metadata key by which billing.settings tells owners: take it out of one of them",
  );
}
