import { amountTooLarge, amountTooSmall, notForSale } from "../catalog/index.ts";
import { BillingError, type ErrorCode } from "../errors/index.ts";
import { isMissing, isRefusal } from "../stripe/index.ts";
import { saleInProgress } from "./lease.ts";

/** What Stripe refuses when a session is opened, for a reason that is neither a fault of ours nor of the buyer's making. */
export function refusalOf(error: unknown): BillingError | undefined {
  if (!isRefusal(error)) return undefined;
  const { param = "", message } = error;
  // Deleted at this moment: whoever asks again gets another.
  if (isMissing(error) && param === "customer") return saleInProgress();
  if (/^line_items\[\d+\]\[price\]$/.test(param)) return notForSale();
  if (param.startsWith("automatic_tax") || /valid head office address|Stripe Tax/.test(message)) {
    return nothingSold(
      "tax_not_set_up",
      "Stripe Tax is not set up: give it the head office's address at https://dashboard.stripe.com/settings/tax",
    );
  }
  if (error.code === "amount_too_large") return amountTooLarge();
  if (error.code === "amount_too_small") return amountTooSmall();
  if (/terms of service/i.test(message)) {
    return nothingSold(
      "terms_not_set_up",
      "Buyers cannot accept terms whose address Stripe does not know: give it at https://dashboard.stripe.com/settings/public",
    );
  }
  if (param.startsWith("discounts") || /\bcoupon\b/i.test(message)) {
    return nothingSold(
      "coupon_not_usable",
      "The coupon of billing.config.ts is unknown to Stripe, used up, expired, or not for this price or its currency",
    );
  }
  // Told by the text alone: Stripe gives it no code.
  if (/combine currencies|does not match the customer currency|doesn't match the expected currency/i.test(message)) {
    return new BillingError(
      "currency_mismatch",
      "You pay in another currency already, and in one at a time. Leave the currency out, or choose a price in yours.",
    );
  }
  return undefined;
}

/** What only the product's operator can mend, and hears of. */
function nothingSold(code: ErrorCode, reason: string): BillingError {
  return new BillingError(code, "Nothing can be bought at the moment. Please try again later.", reason);
}
