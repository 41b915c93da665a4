import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { setDelinquent } from "./delinquency.ts";
import type { Invoice } from "./invoice-draft.ts";
import { defaultPaymentOf, paymentSucceeded } from "./invoice-payments.ts";
import { finalizeInvoice } from "./invoicing.ts";
import { type Attempt, type AttemptOptions, attemptPayment } from "./payment.ts";
import { isUsedUp } from "./payment-method.ts";

type Subscription = Stored<Stripe.Subscription>;

const DAY_MS = 86_400_000;
/** Days from each failed attempt to the next one. */
const RETRY_DAYS = [3, 5, 7];

/**
 * The method that an invoice or a subscription is charged to: its own, or the customer's default. Undefined for one that was
 * detached, though it is still named: it pays nothing any more (https://docs.stripe.com/api/payment_methods/detach).
 */
export function paymentMethodOf(
  world: World,
  { customer, default_payment_method: own }: Pick<Invoice, "customer" | "default_payment_method">,
): Stored<Stripe.PaymentMethod> | undefined {
  const { invoice_settings: settings, default_source: source } = world.store.customers.find(customer) ?? {};
  const method = world.store.paymentMethods.find(own ?? settings?.default_payment_method ?? source);
  return method && isUsedUp(world, method.id) ? undefined : method;
}

export const subscriptionOf = (world: World, invoice: Invoice): Subscription | undefined =>
  world.store.subscriptions.find(invoice.parent?.subscription_details?.subscription);

export interface InvoiceAttempt extends AttemptOptions {
  /** One of the attempts that the retry schedule makes. Any other one leaves the schedule as it is. */
  automatic?: boolean;
}

/** Charges an open invoice. */
export function payInvoice(
  world: World,
  id: string,
  method: Stored<Stripe.PaymentMethod>,
  { automatic = false, ...options }: InvoiceAttempt = {},
): Attempt {
  const attempt = attemptPayment(world, defaultPaymentOf(world, id)?.payment.payment_intent ?? "", method, options);
  recordAttempt(world, id, attempt, automatic);
  return attempt;
}

/** What an attempt at the invoice's payment changes. */
export function recordAttempt(world: World, id: string, attempt: Attempt, automatic = false): void {
  const { attempt_count: count } = world.store.invoices.get(id);
  const attempted = { attempted: true, attempt_count: automatic ? count + 1 : Math.max(count, 1) };
  const payment = defaultPaymentOf(world, id);
  if (attempt === "succeeded" && payment) paymentSucceeded(world, payment, attempted);
  else if (attempt === "declined") paymentFailed(world, id, { automatic, attempted });
  else if (attempt === "requires_action") paymentFailed(world, id, { automatic, attempted, waitsForAction: true });
  else world.update("invoices", id, attempted);
}

/** A renewal's draft has waited its hour: finalise it, and charge or send it. */
export function collectInvoice(world: World, id: string): void {
  const draft = world.store.invoices.find(id);
  if (draft?.status !== "draft") return;
  const invoice = finalizeInvoice(world, id);
  if (invoice.status !== "open") return;
  if (invoice.collection_method === "send_invoice") world.emit("invoice.sent", invoice);
  else attemptInvoice(world, id);
}

/** The method that the invoice or its subscription names. */
export const namedMethod = (world: World, invoice: Invoice): string | null =>
  invoice.default_payment_method ?? subscriptionOf(world, invoice)?.default_payment_method ?? null;

/**
 * An attempt at an open invoice, with whatever method is the default by now. It fails, too, for the lack of one
 * (https://docs.stripe.com/api/events/types#event_types-invoice.payment_failed).
 */
export function attemptInvoice(world: World, id: string, { automatic = true } = {}): void {
  const invoice = world.store.invoices.find(id);
  if (invoice?.status !== "open") return;
  const { customer } = invoice;
  const method = paymentMethodOf(world, { customer, default_payment_method: namedMethod(world, invoice) });
  if (method) payInvoice(world, id, method, { automatic });
  else recordAttempt(world, id, "declined", automatic);
}

/**
 * An open invoice is not charged: its payment waits for the buyer to confirm it, with the method that is the default by now.
 */
export function awaitConfirmation(world: World, id: string): void {
  const invoice = world.store.invoices.get(id);
  const intent = defaultPaymentOf(world, id)?.payment.payment_intent;
  const { customer } = invoice;
  const method = paymentMethodOf(world, { customer, default_payment_method: namedMethod(world, invoice) });
  if (intent !== undefined && method)
    world.update("paymentIntents", intent, { payment_method: method.id, status: "requires_confirmation" });
}

interface Failure {
  automatic?: boolean;
  /** What the attempt changed. */
  attempted?: Pick<Invoice, "attempted" | "attempt_count">;
  /** The customer's bank asks, and is yet to be answered. */
  waitsForAction?: boolean;
}

/**
 * Dunning: an attempt failed; there is another one later, or it was the last. What a customer tries in between does
 * not count (https://docs.stripe.com/api/invoices/object#invoice_object-attempt_count).
 */
export function paymentFailed(
  world: World,
  id: string,
  { automatic = false, attempted, waitsForAction = false }: Failure = {},
): void {
  const invoice = { ...world.store.invoices.get(id), ...attempted };
  const planned = invoice.next_payment_attempt ?? 0;
  const next = !automatic && planned > world.now() ? planned : scheduleRetry(world, invoice);
  const failed = world.update("invoices", id, { ...attempted, next_payment_attempt: next }, "invoice.updated");
  if (waitsForAction) world.emit("invoice.payment_action_required", failed);
  world.emit("invoice.payment_failed", failed);
  if (automatic) setDelinquent(world, invoice.customer, true);
  world.react("invoice.payment_failed", failed);
}

/** The moment of the next attempt, in seconds; null when the retries are used up. */
function scheduleRetry(world: World, { id, auto_advance: advances, attempt_count: count }: Invoice): number | null {
  const days = advances ? RETRY_DAYS[count - 1] : undefined;
  world.unschedule("retry_payment", id);
  if (days === undefined) return null;
  const next = world.nowMs() + days * DAY_MS;
  world.schedule("retry_payment", id, next);
  return Math.floor(next / 1000);
}
