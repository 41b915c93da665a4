import { invalid } from "../api/errors.ts";
import type { Invoice } from "../billing/invoice-draft.ts";
import type { World } from "../world.ts";

const DAY = 86_400;
const SENT = "invoice collection method is 'send_invoice'";

/** Days until invoices are due: those that are sent have them, no others (https://docs.stripe.com/api/subscriptions/create#create_subscription-days_until_due). */
export function daysUntilDueOf(method: string, asked: number | undefined, before: number | null = null): number | null {
  if (method !== "send_invoice") {
    if (asked === undefined) return null;
    throw invalid(`You can only specify 'days_until_due' if ${SENT}.`);
  }
  const days = asked ?? before;
  if (days === null) throw invalid(`If ${SENT}, you must specify 'days_until_due'.`);
  return days;
}

interface AskedDue {
  collection_method?: string;
  /** From the invoice's creation. */
  days_until_due?: number;
  due_date?: number;
}

/** When an invoice is due that is sent; null: it is charged (https://docs.stripe.com/api/invoices/create#create_invoice-due_date). */
export function dueDateOf(
  world: World,
  before: Pick<Invoice, "collection_method" | "created" | "due_date">,
  { collection_method: method, days_until_due: days, due_date: date }: AskedDue,
): number | null {
  const asked = days !== undefined || date !== undefined;
  if ((method ?? before.collection_method) !== "send_invoice") {
    if (asked) throw invalid(`You can only specify 'due_date' or 'days_until_due' if ${SENT}.`);
    return null;
  }
  if (days !== undefined && date !== undefined)
    throw invalid("You may only specify one of these parameters: days_until_due, due_date.");
  if (date !== undefined && date < world.now())
    throw invalid("Invalid timestamp: must be in the future.", "parameter_invalid_integer", "due_date");
  // A subscription's draft has the days of its subscription.
  if (!asked && before.due_date === null && method !== undefined)
    throw invalid(`If ${SENT}, you must specify 'due_date' or 'days_until_due'.`);
  return date ?? (days === undefined ? before.due_date : before.created + days * DAY);
}
