import type { ErrorAnswer } from "@turnpike/core/errors/schema";

const TRY_AGAIN = "Something went wrong on our side, and nothing was charged. Try again in a minute.";
const BROKEN_FORM = "Your choice did not reach us in one piece. Choose again.";

/** What each refusal means to the person whose browser was led here for it. */
const problems: Record<ErrorAnswer["code"], string> = {
  price_not_for_sale: "This offer has just ended. Choose one of those that are on sale now.",
  no_billing_account: "You have not bought anything yet, so there is nothing to manage.",
  paid_by_another:
    "This runs for you already, and was paid under another address: who has its receipt can change or end it, by the link there. If that is not you, ask support to end it.",
  sale_in_progress: "Another purchase of yours is just being opened, and nothing was charged. Try again in a moment.",
  account_being_read:
    "Earlier purchases are still being looked through, and nothing was charged. Try again in a few minutes.",
  other_account: "Nothing can be bought or managed at the moment, and nothing was charged. Try again later.",
  currency_mismatch: "This price is in another currency than what you pay already. Choose one in your currency.",
  quantity_not_allowed: "This is not sold in that quantity. Choose another.",
  items_not_together: "These cannot be bought together. Buy one after the other.",
  amount_too_small: "This is less than can be charged at once. Choose a larger quantity.",
  amount_too_large: "This is more than can be charged at once. Choose a smaller quantity.",
  terms_not_set_up: "Nothing can be bought at the moment, and nothing was charged. Try again later.",
  coupon_not_usable: "Nothing can be bought at the moment, and nothing was charged. Try again later.",
  tax_not_set_up: "Nothing can be bought at the moment, and nothing was charged. Try again later.",
  portal_not_set_up: "Nothing can be managed at the moment. Try again later.",
  portal_feature_off: "This cannot be done here by yourself. Ask support.",
  portal_refused: "This cannot be done here at the moment. Open the billing portal, or ask support.",
  plan_unchanged: "This is what you have already.",
  plan_not_offered: "You cannot change to this plan by yourself. Choose another, or ask support.",
  subscription_over: "This subscription is over. Choose a plan to begin a new one.",
  subscription_ending:
    "This subscription is about to end. Keep it first, in the billing portal; then it can be changed.",
  subscription_scheduled: "What becomes of your subscription is scheduled already. Ask support to change that.",
  changed_meanwhile: "This costs something else by now, and nothing was changed. Look at it again.",
  card_declined: "Your card was declined, and nothing was changed. Use another card.",
  payment_method_required: "There is no card to charge, and nothing was changed. Add one.",
  payment_confirmation_required: "Your bank wants you to confirm this payment. The change is made when you have.",
  idempotency_key_reused: TRY_AGAIN,
  subscription_not_changeable: "This subscription cannot be changed here. Ask support to change it.",
  unauthenticated: "Your session has ended. Sign in again to go on.",
  auth_unavailable: "We cannot check who you are at the moment, and nothing was charged. Try again in a minute.",
  stripe_unavailable: "Stripe does not answer at the moment. Try again in a minute.",
  cross_site_request: "For your safety we take orders from our own pages only. Choose here.",
  not_billing_manager: "You do not manage the billing of this organisation. Ask somebody who does.",
  not_found: "There is no such page any more.",
  invalid_request: BROKEN_FORM,
  payload_too_large: BROKEN_FORM,
  unsupported_media_type: BROKEN_FORM,
  redirect_not_allowed: TRY_AGAIN,
  internal_error: TRY_AGAIN,
  // Only Stripe is told these.
  invalid_signature: TRY_AGAIN,
  invalid_event: TRY_AGAIN,
};

/** What a page may say of a refusal. A code that it does not know is one of a newer back end. */
export function describeProblem(code: string): string {
  return Object.hasOwn(problems, code) ? problems[code as ErrorAnswer["code"]] : TRY_AGAIN;
}

/** The reference that support finds in the log; nothing for a text that somebody else may have put there. */
export function referenceOf(text: string | null): string | undefined {
  return text && /^[\w=-]{1,64}$/.test(text) ? text : undefined;
}
