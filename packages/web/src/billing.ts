import { getDatabase, type Tables } from "./supabase.ts";

export type Subscription = Pick<
  Tables["user_subscriptions"]["Row"],
  | "id"
  | "customer_id"
  | "status"
  | "is_live"
  | "price_id"
  | "product_id"
  | "quantity"
  | "items"
  | "currency"
  | "current_period_end"
  | "trial_start"
  | "trial_end"
  | "ends_at"
  | "ended_at"
  | "paused"
  | "created_at"
>;

/** A row of the view, whose generated types cannot tell what is never null. Amounts are in the smallest unit of `currency`. */
export interface Payment {
  id: string;
  customer_id: string | null;
  subscription_id: string | null;
  checkout_session_id: string | null;
  currency: string | null;
  amount: number | null;
  amount_refunded: number;
  status: string;
  failure_reason: string | null;
  /** When Stripe tries again by itself. */
  next_payment_attempt: string | null;
  /** Of an invoice that was sent to be paid. */
  due_date: string | null;
  invoice_number: string | null;
  /** What an invoice is mostly for, and what Stripe calls it: it may be no product. */
  product_id: string | null;
  description: string | null;
  /** How many other things it is for. */
  other_products: number;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  receipt_url: string | null;
  created_at: string;
}

/** Whether a subscription stands in the way of another: it runs, or waits for its first payment. */
export function isStanding({ is_live, status }: Subscription): boolean {
  return is_live || status === "incomplete";
}

/** What is still charged of a subscription that ends with its period, if anything. What is paid by use has no quantity. */
export function stillCharged({ status, items }: Subscription): string | undefined {
  const usage = items.some(({ quantity }) => quantity === null) && "what you use until then";
  const overdue = status === "past_due" && "what is overdue";
  return [overdue, usage].filter(Boolean).join(" and ") || undefined;
}

/** The subscriptions that the user may see, the newest first; row-level security leaves out everybody else's. */
export async function loadSubscriptions(): Promise<Subscription[]> {
  const { data } = await getDatabase()
    .from("user_subscriptions")
    .select(
      "id, customer_id, status, price_id, product_id, quantity, items, currency, current_period_end, trial_start, trial_end, ends_at, ended_at, paused, is_live, created_at",
    )
    .order("created_at", { ascending: false })
    .throwOnError();
  return data;
}

/** That a subscription becomes another: by itself at that moment, or when it is paid until then. */
export interface UpcomingChange {
  subscription_id: string;
  kind: "change" | "change_when_paid";
  at: string;
  /** Of the first item. */
  price_id: string | null;
  quantity: number | null;
}

/** What the user's subscriptions will become, the soonest first. That they end, or renew, stands on themselves. */
export async function loadUpcomingChanges(): Promise<UpcomingChange[]> {
  const { data } = await getDatabase()
    .from("upcoming_changes")
    .select("subscription_id, kind, at, price_id, quantity")
    .in("kind", ["change", "change_when_paid"])
    .order("at")
    .overrideTypes<UpcomingChange[], { merge: false }>()
    .throwOnError();
  return data;
}

export type Customer = Pick<Tables["customers"]["Row"], "id" | "user_id" | "organization_id" | "name">;

/** The Stripe customers whose billing the user manages: their own, and those of organisations. */
export async function loadCustomers(): Promise<Customer[]> {
  const { data } = await getDatabase().from("customers").select("id, user_id, organization_id, name").throwOnError();
  return data;
}

/** The subscriptions that the user bought, not those of an organisation whose billing the user manages. */
export async function loadOwnSubscriptions(userId: string): Promise<Subscription[]> {
  const [customers, subscriptions] = await Promise.all([loadCustomers(), loadSubscriptions()]);
  const own = customers.filter(({ user_id }) => user_id === userId);
  return subscriptions.filter(({ customer_id }) => own.some(({ id }) => id === customer_id));
}

/** The user's own payments, the newest first. */
export async function loadPayments(): Promise<Payment[]> {
  const { data } = await getDatabase()
    .from("payment_history")
    .select(
      "id, customer_id, subscription_id, checkout_session_id, currency, amount, amount_refunded, status, failure_reason, next_payment_attempt, due_date, invoice_number, product_id, description, other_products, hosted_invoice_url, invoice_pdf, receipt_url, created_at",
    )
    .order("created_at", { ascending: false })
    .overrideTypes<Payment[], { merge: false }>()
    .throwOnError();
  return data;
}

/** Which price each of the user's checkout sessions sold: a one-time payment is named after it. */
export async function loadSoldPrices(): Promise<Map<string, string | null>> {
  const { data } = await getDatabase().from("checkout_sessions").select("id, price_id").throwOnError();
  return new Map(data.map((session) => [session.id, session.price_id]));
}

export type Tone = "good" | "busy" | "bad" | "quiet";

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
  if (ending) return { label: "Canceled", tone: "busy", day: ending };
  if (status === "trialing") return { label: "Trial", tone: "good", day: on("Trial ends on", trial_end) };
  return { label: "Active", tone: "good", day: changes ? undefined : on("Renews on", current_period_end) };
}

const PAYABLE = ["open", "overdue", "partially_paid", "failed", "action_required"];

/** The page on which a payment that is due is paid, or confirmed. */
export function payPageOf({ status, hosted_invoice_url }: Payment): string | null {
  return PAYABLE.includes(status) ? hosted_invoice_url : null;
}

/** The newest payment that a subscription waits for. */
export function paymentDueOf({ id }: Subscription, payments: Payment[]): Payment | undefined {
  return payments.find((payment) => payment.subscription_id === id && payPageOf(payment));
}

const paymentStates: Record<string, { label: string; tone: Tone }> = {
  paid: { label: "Paid", tone: "good" },
  partially_paid: { label: "Partly paid", tone: "busy" },
  open: { label: "To be paid", tone: "busy" },
  overdue: { label: "Overdue", tone: "bad" },
  processing: { label: "Processing", tone: "busy" },
  held: { label: "Reserved", tone: "busy" },
  action_required: { label: "Waits for you", tone: "bad" },
  failed: { label: "Failed", tone: "bad" },
  canceled: { label: "Canceled", tone: "quiet" },
  refunded: { label: "Refunded", tone: "quiet" },
  partially_refunded: { label: "Partly refunded", tone: "quiet" },
  disputed: { label: "Disputed", tone: "bad" },
  void: { label: "Void", tone: "quiet" },
  uncollectible: { label: "Not collected", tone: "bad" },
};

/**
 * Says how a payment stands. A status that is not known here is shown as it is, and never as paid; nor is an invoice over nothing,
 * which a trial begins with.
 */
export function describePayment({ status, amount }: Pick<Payment, "status" | "amount">): { label: string; tone: Tone } {
  if (status === "paid" && amount === 0) return { label: "Nothing due", tone: "quiet" };
  return paymentStates[status] ?? { label: status.replaceAll("_", " "), tone: "quiet" };
}
