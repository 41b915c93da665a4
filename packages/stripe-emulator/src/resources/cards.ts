import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";

/** A payment method as the older object that stands for the same card. */
export function cardOf({
  id,
  billing_details: of,
  card,
  customer,
  metadata,
}: Stored<Stripe.PaymentMethod>): Stored<Stripe.Card> {
  return {
    id,
    object: "card",
    address_city: of.address?.city ?? null,
    address_country: of.address?.country ?? null,
    address_line1: of.address?.line1 ?? null,
    address_line1_check: null,
    address_line2: of.address?.line2 ?? null,
    address_state: of.address?.state ?? null,
    address_zip: of.address?.postal_code ?? null,
    address_zip_check: null,
    allow_redisplay: "unspecified",
    // Here it is spelt as it is printed.
    brand: BRANDS[card?.brand ?? ""] ?? "Unknown",
    country: card?.country ?? null,
    customer,
    cvc_check: card?.checks?.cvc_check ?? null,
    dynamic_last4: null,
    exp_month: card?.exp_month ?? 0,
    exp_year: card?.exp_year ?? 0,
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? "unknown",
    last4: card?.last4 ?? "",
    metadata,
    name: of.name,
    regulated_status: card?.regulated_status ?? null,
    tokenization_method: null,
  };
}

/** https://docs.stripe.com/api/cards/object#card_object-brand */
const BRANDS: Record<string, string> = {
  amex: "American Express",
  diners: "Diners Club",
  discover: "Discover",
  jcb: "JCB",
  mastercard: "MasterCard",
  unionpay: "UnionPay",
  visa: "Visa",
};
