import type { Subscription } from "./billing.ts";
import type { Tone } from "./components/notice.tsx";
import { getDatabase } from "./supabase.ts";

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
