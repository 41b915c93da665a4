import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { dashboardOf } from "../state/dashboard.ts";
import type { World } from "../world.ts";
import { notice } from "./layout.ts";

/** The statuses that count as having one already: https://docs.stripe.com/payments/checkout/limit-subscriptions */
const COUNTING = ["active", "past_due", "unpaid", "paused"];

/**
 * Instead of the checkout: where whoever has a subscription manages it, if the account limits customers to one. They are known by
 * the session's customer or, where it has none, by the e-mail.
 */
export function redirectedSubscriber(
  { store }: World,
  { id, customer, mode }: CheckoutSession,
  email: string | null,
): Promise<Response> | undefined {
  const { one_subscription_url: url } = dashboardOf(store);
  if (url === null || mode !== "subscription") return undefined;
  const isMeant = (row: string) =>
    customer === null ? email !== null && store.customers.find(row)?.email === email : row === customer;
  const has = store.subscriptions.all().some((row) => COUNTING.includes(row.status) && isMeant(row.customer));
  if (!has) return undefined;
  const href = url
    .replaceAll("{CHECKOUT_SESSION_ID}", id)
    .replaceAll("{CUSTOMER_EMAIL}", encodeURIComponent(email ?? ""));
  const text = "Nothing was charged. Manage the subscription that you have, or change its plan there.";
  return notice("You're already subscribed", text, 200, { href, label: "Manage subscription" });
}
