import { endsLater, type Subscription } from "./billing.ts";
import type { Tone } from "./components/notice.tsx";
import type { Payment } from "./payments.ts";

export interface SubscriptionState {
  label: string;
  tone: Tone;
  /** The day that matters next, and what happens then. */
  day?: { text: string; at: string };
  /** What the customer has to do. */
  advice?: string;
}

const NOT_PAID =
  "The last payment did not go through. Update your card in the billing portal, so that the next ones do.";
const NOT_PAID_YET = "Its last invoice is not paid yet. Pay it, so that your plan goes on.";
const PAUSED = "Nothing is charged meanwhile. Ask support to go on with it.";
const NOT_CONFIRMED = "The first payment is not through yet. Your plan starts when you have confirmed it.";

/**
 * Says how a subscription stands. One that will end says when it ends, not when it would have renewed.
 * @param due the payment that it waits for
 * @param changes it becomes another with the next period, which says when: then it does not renew as it is
 */
export function describeSubscription(subscription: Subscription, due?: Payment, changes = false): SubscriptionState {
  const { status, ended_at, ends_at, trial_end, current_period_end } = subscription;
  const on = (text: string, at: string | null) => (at ? { text, at } : undefined);
  const ending = on("Ends on", ends_at);
  const advice = due?.due_date ? NOT_PAID_YET : NOT_PAID;
  switch (status) {
    case "canceled":
      return { label: "Ended", tone: "quiet", day: on("Ended on", ended_at ?? ends_at) };
    case "incomplete":
      return { label: "Payment incomplete", tone: "busy", advice: NOT_CONFIRMED };
    case "incomplete_expired":
      return { label: "Never started", tone: "quiet" };
    case "past_due":
      return { label: "Payment overdue", tone: "bad", day: ending, advice };
    case "unpaid":
      return { label: "Unpaid", tone: "bad", day: ending, advice };
  }
  if (status === "paused" || subscription.paused)
    return { label: "Paused", tone: "quiet", day: ending, advice: PAUSED };
  if (ending && !endsLater(subscription)) return { label: "Canceled", tone: "busy", day: ending };
  if (status === "trialing") return { label: "Trial", tone: "good", day: on("Trial ends on", trial_end) };
  return { label: "Active", tone: "good", day: ending ?? (changes ? undefined : on("Renews on", current_period_end)) };
}

/** What is still charged of a subscription that ends with its period, if anything. What is paid by use has no quantity. */
export function stillCharged({ status, items }: Subscription): string | undefined {
  const usage = items.some(({ quantity }) => quantity === null) && "what you use until then";
  const overdue = status === "past_due" && "what is overdue";
  return [overdue, usage].filter(Boolean).join(" and ") || undefined;
}
