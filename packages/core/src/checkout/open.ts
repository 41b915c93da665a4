import type { Billing } from "../clients.ts";
import { assertAllowedRedirect } from "../config/index.ts";
import { getBuyer } from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import type { User } from "../identity/index.ts";
import { payerOf } from "../payer/index.ts";
import { asInUse, getBasket } from "./items.ts";
import { assertTaken } from "./options.ts";
import { guestParams } from "./params.ts";
import type { Purchase } from "./purchase.ts";
import type { CheckoutAnswer } from "./schema.ts";
import { sell } from "./sell.ts";
import { openSession } from "./sessions.ts";

/**
 * Opens Stripe Checkout; or, for a payer who has a subscription of the same group already, the portal: nothing is sold twice.
 * @param user absent: a guest, whose customer Stripe makes when the purchase is complete
 * @returns the page's address, or the client secret of one to be embedded: for this buyer alone
 * @throws BillingError `redirect_not_allowed`, `unauthenticated`, `not_billing_manager`, what `getBasket` refuses, `paid_by_another`,
 * `sale_in_progress`, `account_being_read`, `other_account`, `currency_mismatch`, `tax_not_set_up`, `terms_not_set_up`, `coupon_not_usable`,
 * `portal_not_set_up`
 */
export async function openCheckout(billing: Billing, user: User | undefined, purchase: Purchase): Promise<string> {
  assertAllowedRedirect(billing.site, purchase.successUrl);
  assertAllowedRedirect(billing.site, purchase.cancelUrl);
  await assertTaken(billing.supabase, billing.checkout, purchase.metadata);
  const [basket, buyer] = await Promise.all([
    getBasket(billing.supabase, purchase, billing.checkout),
    user && getBuyer(billing.supabase, user),
  ]);
  const [{ price }] = basket;
  if (purchase.mode && purchase.mode !== price.mode) {
    throw new BillingError("invalid_request", `This price is sold in mode '${price.mode}'`);
  }
  const { organizationId } = purchase;
  if (!buyer) {
    if (organizationId !== undefined) throw new BillingError("unauthenticated", "Sign in first");
    return openSession(billing, guestParams({ basket, purchase, options: billing.checkout }));
  }
  const payer = await payerOf(billing.supabase, buyer.id, organizationId);
  const { trialRequiresCard, checkout: options } = billing;
  const settled = await asInUse(billing.supabase, payer, basket);
  return sell(billing, { basket: settled, purchase, buyer, payer, trialRequiresCard, options });
}

/**
 * Opens Stripe Checkout for a page of the product's own to show, unless it is to be Stripe's page; the portal is never embedded.
 * @throws BillingError as `openCheckout`
 */
export async function openAnywhere(
  billing: Billing,
  user: User | undefined,
  purchase: Purchase,
): Promise<CheckoutAnswer> {
  const opened = await openCheckout(billing, user, { ...purchase, page: purchase.page ?? billing.checkout.page });
  return /^cs_\w+_secret_/.test(opened) ? { clientSecret: opened } : { url: opened };
}
